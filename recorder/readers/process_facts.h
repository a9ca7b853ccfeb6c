// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hindstat {

/// What /proc/PID/stat says of a process's identity.
struct ProcessStat {
  std::string comm;              ///< May hold any byte, blanks and parentheses too.
  std::uint64_t start_ticks = 0; ///< Field 22: ticks of 1/100 s (USER_HZ) after boot.
};
/// nullopt when the text is not one of that file's.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// The soft limit in the line "Max open files" of /proc/PID/limits; nullopt when unlimited or not there.
[[nodiscard]] std::optional<std::uint64_t> parse_fd_limit(std::string_view text);

/// Which unit and container a process belongs to.
struct CgroupMembership {
  std::optional<std::string> unit;      ///< "nginx.service", "session-3.scope".
  std::optional<std::string> container; ///< First 12 digits of the id; for LXC its name.

  friend bool operator==(const CgroupMembership&, const CgroupMembership&) = default;
};
/// Reads /proc/PID/cgroup, version 1 or 2. The innermost service, scope and container of the path that systemd or the
/// unified hierarchy gives; another hierarchy's where these tell nothing.
[[nodiscard]] CgroupMembership parse_cgroup(std::string_view text);

} // namespace hindstat
