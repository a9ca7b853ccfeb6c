// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "diff/comparability.h"
#include "diff/event.h"

namespace hindstat {

/// What happened to unix sockets: listeners and datagram sockets with a name one by one; connected and unnamed sockets
/// have nothing but an inode to tell them apart, so they are only counted, in a sentence of `notes`.
struct UnixDiff {
  std::vector<Event> events;
  std::vector<std::string> notes;
};

/// `before` and `after` are the tables of the snapshots, which the rows of events refer to; nullptr is no rows.
[[nodiscard]] UnixDiff diff_unix_sockets(const ComparedTable& table, const Table* before, const Table* after,
                                         bool same_boot);

} // namespace hindstat
