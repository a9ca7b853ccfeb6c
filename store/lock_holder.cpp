// SPDX-License-Identifier: MIT
// SQLite's locks are POSIX advisory locks on 512 bytes far behind any data (os_unix.c: PENDING_BYTE, RESERVED_BYTE,
// SHARED_FIRST and SHARED_SIZE), so F_GETLK says who is in the way.
#include "store/lock_holder.h"

#include <fcntl.h>

#include <fstream>

#include <fmt/format.h>

#include "base/escape.h"

namespace hindstat {

namespace {

constexpr off_t pending_byte = 0x40000000;
constexpr off_t lock_bytes = 512; // Pending, reserved and 510 shared ones.

} // namespace

std::optional<LockHolder> find_lock_holder(int fd) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = pending_byte;
  lock.l_len = lock_bytes;
  if (::fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) {
    return std::nullopt;
  }
  LockHolder holder{lock.l_pid, {}};
  std::ifstream comm(fmt::format("/proc/{}/comm", holder.pid));
  if (std::string name; std::getline(comm, name)) {
    holder.command = escape_terminal(name);
  }
  return holder;
}

std::string format_lock_holder(const std::optional<LockHolder>& holder) {
  if (!holder || holder->pid <= 0) {
    return "another process";
  }
  return holder->command.empty() ? fmt::format("process {}", holder->pid)
                                 : fmt::format("process {} ({})", holder->pid, holder->command);
}

} // namespace hindstat
