// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hindstat {

/// One line of /etc/passwd.
struct PasswdEntry {
  std::string_view name; ///< Lies in the line.
  std::uint32_t uid = 0;
};
/// nullopt when the line is not one of that file's.
[[nodiscard]] std::optional<PasswdEntry> parse_passwd_line(std::string_view line);

/// Whether a line of /etc/passwd is blank, a comment, or an instruction to nss_compat ("+@group").
[[nodiscard]] bool is_passwd_remark(std::string_view line);

/// One line of /etc/services.
struct ServiceEntry {
  std::string_view name;     ///< Lies in the line.
  std::string_view protocol; ///< "tcp", "udp", "sctp", ...; lies in the line.
  std::uint16_t port = 0;
};
/// nullopt when the line is not one of that file's.
[[nodiscard]] std::optional<ServiceEntry> parse_service_line(std::string_view line);

/// Whether a line of /etc/services is blank or only a comment.
[[nodiscard]] bool is_service_remark(std::string_view line);

} // namespace hindstat
