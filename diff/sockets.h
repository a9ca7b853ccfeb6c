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
/// out where no other row has their key and rows_without_identity() does not name them; context.names knows all.
[[nodiscard]] SocketDiff diff_sockets(ComparedTable table, const SocketContext& context);

/// The rows of table socket of which nothing says that they are still the same connection, in states that soon end:
/// equal rows may be two connections.
[[nodiscard]] std::vector<std::uint32_t> rows_without_identity(const Table& table);

} // namespace hindstat
