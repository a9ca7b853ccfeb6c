// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace hindstat {

/// A process that holds a lock on a database file.
struct LockHolder {
  int pid = 0;         ///< 0 or less when it is not a process of this pid namespace.
  std::string command; ///< /proc/PID/comm, made safe for a terminal; empty when it could not be read.
};

/// Who of the other processes holds a lock of SQLite's on the file behind `fd`; nullopt when nobody does now.
[[nodiscard]] std::optional<LockHolder> find_lock_holder(int fd);

/// "process 123 (hindstat-record)"
[[nodiscard]] std::string format_lock_holder(const std::optional<LockHolder>& holder);

} // namespace hindstat
