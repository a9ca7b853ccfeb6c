// SPDX-License-Identifier: MIT
#pragma once

#include "diff/diff.h"
#include "diff/side_rows.h"
#include "diff/socket_match.h"

namespace hindstat {

/// Which columns of table socket a source tells that need not be told: the text of `netstat -an` has neither inodes nor
/// timers, and a cell that it does not tell reads 0.
struct ToldBySource {
  bool inodes = false; ///< Some socket has one; a socket that listens always does.
  bool timers = false;
  bool users = false; ///< Not so where an older recorder did not keep them.
};
/// `table` is of spec `sockets`.
[[nodiscard]] ToldBySource find_told(const Table& table);

/// What may be concluded from a pair of rows of table socket; without owners, limits and progress, which have objects
/// of their own. `after` is the snapshot of table.after.
[[nodiscard]] SocketContext make_socket_context(const ComparedTable& table, const Comparability& comparability,
                                                const Snapshot& after);

} // namespace hindstat
