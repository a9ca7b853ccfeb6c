// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which unix sockets are shown and with which columns: the options of netstat -x.
struct UnixView {
  bool all = false;       ///< -a
  bool listening = false; ///< -l; without -a and -l only sockets that do not listen.
  bool programs = false;  ///< -p: pid and command name.
};

/// The rows of table unix_socket that netstat would show: those that listen first, then by name; unnamed ones last.
[[nodiscard]] std::vector<std::uint32_t> select_unix_sockets(const Table& table, const UnixView& view);

/// What `netstat -x` with these options prints (net-tools 2.10), for each network namespace of the snapshot; "not
/// collected" and the reason where there are no rows to speak of. Paths are whole, blanks and all; an abstract name
/// begins with '@', and a NUL within it is '@' as well. RefCnt is "-" where it is not known. Terminal-safe.
[[nodiscard]] std::string format_unix_sockets(const Snapshot& snapshot, const UnixView& view);

} // namespace hindstat
