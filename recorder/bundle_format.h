// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recorder/system.h"

namespace hindstat {

/// A bundle is a directory that holds what one recording read, so that it can be recorded again elsewhere:
///
///   proc/..., etc/...  files of the host, under their own paths; links (fd, exe, ns/net) are symbolic links
///   netlink/NAME       each dump's messages as received; a refused dump is one NLMSG_ERROR message
///   netns/NAME/...     the same for another namespace: its proc/net, proc/self, proc/sys/net and netlink
///   clocks             realtime_ns=, boottime_ns=, ntp_offset_us=, ntp_maxerror_us=, ntp_status=
///   owners             what the links of proc/PID/fd do not tell: error=, processes_seen=, processes_denied=,
///   processes_late=, and
///                      fds PID=N where N descriptors were open, sockets or not
///   namespaces         one line a namespace: INODE PATH, or INODE:PID PATH where a process in it is known
///   errors             one line a read that failed otherwise than with ENOENT: ERROR PATH
///
/// Only proc/ is needed: a plain copy of /proc is a bundle too.
namespace bundle {

inline constexpr const char* clocks_file = "clocks";
inline constexpr const char* owners_file = "owners";
inline constexpr const char* namespaces_file = "namespaces";
inline constexpr const char* errors_file = "errors";
inline constexpr const char* netlink_directory = "netlink";
inline constexpr const char* namespaces_directory = "netns";

/// What the file `owners` says.
struct OwnerFacts {
  int error = 0;
  std::uint32_t processes_seen = 0;
  std::uint32_t processes_denied = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> fd_counts; ///< (pid, descriptors), ascending by pid.
  std::uint32_t processes_late = 0;                               ///< Its line is written where it is not 0.
};

[[nodiscard]] std::string format_clocks(const Clocks& clocks);
/// nullopt without both realtime_ns and boottime_ns, or when a value is no number or no moment since 1970.
[[nodiscard]] std::optional<Clocks> parse_clocks(std::string_view text);

[[nodiscard]] std::string format_owner_facts(const OwnerFacts& facts);
/// nullopt when a line is not as written above.
[[nodiscard]] std::optional<OwnerFacts> parse_owner_facts(std::string_view text);

[[nodiscard]] std::string format_namespaces(const std::vector<NamespaceId>& namespaces);
[[nodiscard]] std::optional<std::vector<NamespaceId>> parse_namespaces(std::string_view text);

/// "EACCES /proc/net/nf_conntrack\n"
[[nodiscard]] std::string format_error_line(int error, std::string_view path);
/// Error by path; lines that do not parse are left out.
[[nodiscard]] std::map<std::string, int, std::less<>> parse_errors(std::string_view text);

/// Where a bundle keeps the file that is `path` on the host, relative to the bundle. `prefix` ("netns/NAME/" or "") is
/// that of the network namespace; it applies to what differs between namespaces: /proc/net, /proc/self and
/// /proc/sys/net.
[[nodiscard]] std::string place_of(std::string_view path, std::string_view prefix);

/// Whether `name` can be one component of a path: not empty, ".", ".." and without a slash.
[[nodiscard]] bool is_plain_name(std::string_view name);

} // namespace bundle

} // namespace hindstat
