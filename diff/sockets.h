// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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

/// Both tables are of spec `sockets`. The order of rows does not matter. Rows that are equal on both sides may be left
/// out where no other row has their key and rows_judged_although_equal() does not name them; context.names knows all.
[[nodiscard]] SocketDiff diff_sockets(ComparedTable table, const SocketContext& context);

/// The rows of table socket that may be in an event although they are equal on both sides: connections in states that
/// soon end of which nothing says that they are still the same one, and sockets whose queues may be stuck.
[[nodiscard]] std::vector<std::uint32_t> rows_judged_although_equal(const Table& table);

} // namespace hindstat
