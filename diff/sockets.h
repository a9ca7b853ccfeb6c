// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "diff/side_rows.h"
#include "diff/socket_match.h"

namespace hindstat {

/// What happened to the sockets.
struct SocketDiff {
  std::vector<Event> events;
  std::size_t torn_before = 0; ///< Rows that were a second reading of another row's socket, and were left out.
  std::size_t torn_after = 0;
};

/// Both tables are of spec `sockets`. The order of rows does not matter.
[[nodiscard]] SocketDiff diff_sockets(ComparedTable table, const SocketContext& context);

} // namespace hindstat
