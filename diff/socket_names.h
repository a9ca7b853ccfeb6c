// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "tables/socket.h"

namespace hindstat {

/// Says which way connections go and what sockets are called, from both snapshots: inbound where the local port is
/// listened on in either, local where the peer is this machine, else outbound. The name of a socket is thus the same
/// in both directions of a diff.
class SocketNames {
public:
  /// Of no socket: to be told of all rows of both tables.
  SocketNames() = default;
  SocketNames(const Table& before, const Table& after);

  /// Tells of rows of table socket, or takes back what was told of them.
  void add(const Table& table, std::span<const std::uint32_t> rows);
  void remove(const Table& table, std::span<const std::uint32_t> rows);

  /// "inbound", "outbound", "local"; "" for sockets that are not connected.
  [[nodiscard]] std::string_view direction(const Socket& socket) const;
  /// "tcp 10.0.0.5:5432 <- 10.0.1.9:51514", "tcp [::1]:80 <> [::1]:40000", "udp 0.0.0.0:53". IPv4 that an IPv6 socket
  /// talks (::ffff:10.0.0.5) is IPv4: the other end may be of either family.
  [[nodiscard]] std::string key(const Socket& socket) const;

private:
  // How many sockets say so, by a hash of 64 bits of namespace, address and, of services, protocol and port.
  using Counts = std::unordered_map<std::uint64_t, std::int64_t>;

  void count(const Table& table, std::span<const std::uint32_t> rows, std::int64_t step);

  Counts services_;
  Counts own_addresses_;
};

/// 127.0.0.0/8, also as IPv4 in IPv6, and ::1.
[[nodiscard]] bool is_loopback(const IpAddress& address);

/// Whether an IPv6 socket talks IPv4 (::ffff:10.0.0.5).
[[nodiscard]] bool is_dual(const Socket& socket);

/// "10.0.0.5:5432", "[fd77::1]:80".
[[nodiscard]] std::string format_endpoint(const IpAddress& address, std::uint16_t port);

} // namespace hindstat
