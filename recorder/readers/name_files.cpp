// SPDX-License-Identifier: MIT
//
// /etc/passwd, passwd(5), and /etc/services, services(5):
//   root:x:0:0:root:/root:/bin/bash
//   http            80/tcp          www             # WorldWideWeb HTTP
#include "recorder/readers/name_files.h"

#include "recorder/text_fields.h"

namespace hindstat {

bool is_passwd_remark(std::string_view line) {
  const std::string_view text = trimmed(line);
  return text.empty() || text.front() == '#' || text.front() == '+' || text.front() == '-';
}

std::optional<PasswdEntry> parse_passwd_line(std::string_view line) {
  const auto [name, after_name] = split_at(line, ':');
  const auto [password, after_password] = split_at(after_name, ':');
  const auto [uid_text, after_uid] = split_at(after_password, ':');
  const auto uid = parse_number<std::uint32_t>(uid_text);
  return !name.empty() && uid ? std::optional(PasswdEntry{name, *uid}) : std::nullopt;
}

bool is_service_remark(std::string_view line) {
  return Fields(split_at(line, '#').before).next().empty();
}

std::optional<ServiceEntry> parse_service_line(std::string_view line) {
  Fields fields(split_at(line, '#').before);
  const std::string_view name = fields.next();
  const auto [port_text, protocol] = split_at(fields.next(), '/');
  const auto port = parse_number<std::uint16_t>(port_text);
  return !name.empty() && port && !protocol.empty() ? std::optional(ServiceEntry{name, protocol, *port}) : std::nullopt;
}

} // namespace hindstat
