// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "tables/socket.h"

namespace hindstat {

/// Says which way connections go and what sockets are called, from both snapshots: inbound where the local port is
/// listened on in either, local where the peer is this machine, else outbound. The name of a socket is thus the same
/// in both directions of a diff.
class SocketNames {
public:
  SocketNames(const Table& before, const Table& after);

  /// "inbound", "outbound", "local"; "" for sockets that are not connected.
  [[nodiscard]] std::string_view direction(const Socket& socket) const;
  /// "tcp 10.0.0.5:5432 <- 10.0.1.9:51514", "tcp [::1]:80 <> [::1]:40000", "udp 0.0.0.0:53". IPv4 that an IPv6 socket
  /// talks (::ffff:10.0.0.5) is IPv4: the other end may be of either family.
  [[nodiscard]] std::string key(const Socket& socket) const;

private:
  void add_table(const Table& table);

  std::unordered_set<std::string> services_;      ///< Where somebody listens: namespace, protocol, port, address.
  std::unordered_set<std::string> own_addresses_; ///< Namespace, address.
};

/// 127.0.0.0/8, also as IPv4 in IPv6, and ::1.
[[nodiscard]] bool is_loopback(const IpAddress& address);

/// Whether an IPv6 socket talks IPv4 (::ffff:10.0.0.5).
[[nodiscard]] bool is_dual(const Socket& socket);

/// "10.0.0.5:5432", "[fd77::1]:80".
[[nodiscard]] std::string format_endpoint(const IpAddress& address, std::uint16_t port);

} // namespace hindstat
