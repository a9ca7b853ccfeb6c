// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "tables/snapshot.h"
#include "tables/socket.h"

namespace hindstat {

/// Which names are looked up; what is not is printed as a number.
struct NameChoice {
  bool programs = false;
  bool services = false;
  bool users = false;
  bool hosts = false;
};

/// Names from the tables process, service, user and resolved_name of one snapshot: those of the recorded host, never of
/// this one.
/// Every text is terminal-safe and whole.
class RecordedNames {
public:
  RecordedNames(const Snapshot& snapshot, NameChoice choice);

  /// "812/sshd"; "812/?" where the process is not in the snapshot, "-" without a pid.
  [[nodiscard]] std::string format_program(std::optional<std::uint32_t> pid) const;
  /// "ssh", or "22" where no name is known; UDP-Lite and raw have no names.
  [[nodiscard]] std::string format_port(SocketProtocol protocol, std::uint16_t port) const;
  /// "root", or "0" where no name is known.
  [[nodiscard]] std::string format_user(std::uint32_t uid) const;
  /// "web1.example.org", or "10.0.0.1" where no name is known; v4-mapped addresses as IPv4.
  [[nodiscard]] std::string format_host(const IpAddress& address) const;

private:
  std::unordered_map<std::uint32_t, std::string> programs_;
  std::map<std::pair<std::string, std::uint16_t>, std::string> services_;
  std::unordered_map<std::uint32_t, std::string> users_;
  std::map<IpAddress, std::string> hosts_;
};

} // namespace hindstat
