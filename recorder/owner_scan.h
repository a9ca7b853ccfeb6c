// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/system.h"

namespace hindstat {

/// Finds every descriptor under PROC/PID/fd that links to "socket:[inode]", where `proc_fd` is the directory PROC:
/// /proc itself, or a copy of it in a bundle. Symbolic links are read, never followed. Several threads share the work,
/// down to parts of one process's descriptors. A process that ends meanwhile is left out; the process that scans
/// (PROC/self) is left out too, for it holds only the sockets of this recording. `sockets` is in no particular order,
/// `processes` ascends by pid and holds those only that have a socket. After
/// `limit_ns` (0: no limit) it ends, and processes_late are those that were not read to the end.
[[nodiscard]] OwnerScan scan_socket_owners(int proc_fd, std::int64_t limit_ns = 0);

} // namespace hindstat
