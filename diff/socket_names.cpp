// SPDX-License-Identifier: MIT
#include "diff/socket_names.h"

#include <fmt/format.h>

#include <functional>
#include <numeric>
#include <vector>

#include "diff/socket_rules.h"
#include "tables/format.h"

namespace hindstat {

namespace {

std::uint64_t combine(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9E3779B97F4A7C15ULL + (a << 6) + (a >> 2))) * 0xBF58476D1CE4E5B9ULL;
}

std::uint64_t address_name(std::string_view netns, const IpAddress& address) {
  const std::hash<std::string_view> hash;
  return combine(hash(netns), hash(address.unmapped().bytes()));
}

// Of a service on any address the address is unspecified.
std::uint64_t service_name(std::string_view netns, std::uint64_t protocol, std::uint64_t port,
                           const IpAddress& address) {
  const std::uint64_t place =
    address.is_unspecified() ? std::hash<std::string_view>()(netns) : address_name(netns, address);
  return combine(place, protocol << 16 | port);
}

std::vector<std::uint32_t> all_rows(const Table& table) {
  std::vector<std::uint32_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

} // namespace

bool is_loopback(const IpAddress& address) {
  const IpAddress plain = address.unmapped();
  if (plain.is_v4()) {
    return plain.bytes()[0] == 127;
  }
  return format_ip_address(plain) == "::1";
}

SocketNames::SocketNames(const Table& before, const Table& after) {
  add(before, all_rows(before));
  add(after, all_rows(after));
}

void SocketNames::add(const Table& table, std::span<const std::uint32_t> rows) {
  count(table, rows, 1);
}

void SocketNames::remove(const Table& table, std::span<const std::uint32_t> rows) {
  count(table, rows, -1);
}

void SocketNames::count(const Table& table, std::span<const std::uint32_t> rows, std::int64_t step) {
  const Column& netns = sockets.column<&Socket::netns>(table);
  const Column& protocol = sockets.column<&Socket::protocol>(table);
  const Column& local = sockets.column<&Socket::local_address>(table);
  const Column& remote = sockets.column<&Socket::remote_address>(table);
  const Column& local_port = sockets.column<&Socket::local_port>(table);
  const Column& remote_port = sockets.column<&Socket::remote_port>(table);
  const Column& state = sockets.column<&Socket::state>(table);
  // Neighbours often share their address: the last one's name is kept, by dictionary ids.
  std::uint64_t last_ids = ~std::uint64_t{0};
  Counts::iterator last;
  for (const std::uint32_t row : rows) {
    const std::uint64_t ids = netns.raw(row) << 32 | local.raw(row);
    if (ids != last_ids) {
      last = own_addresses_.try_emplace(address_name(netns.bytes(row), local.address(row)), 0).first;
      last_ids = ids;
    }
    last->second += step;
    const bool tcp = protocol.raw(row) == static_cast<std::uint64_t>(SocketProtocol::tcp);
    const bool serves = tcp ? state.raw(row) == static_cast<std::uint64_t>(TcpState::listen)
                            : remote_port.raw(row) == 0 && remote.address(row).is_unspecified();
    if (serves) {
      services_[service_name(netns.bytes(row), protocol.raw(row), local_port.raw(row),
                             local.address(row).unmapped())] += step;
    }
  }
}

std::string_view SocketNames::direction(const Socket& socket) const {
  if (!is_connected(socket)) {
    return "";
  }
  const auto holds = [](const Counts& counts, std::uint64_t name) {
    const auto it = counts.find(name);
    return it != counts.end() && it->second > 0;
  };
  if (is_loopback(socket.remote_address)
      || (!socket.remote_address.is_unspecified()
          && holds(own_addresses_, address_name(socket.netns, socket.remote_address)))) {
    return "local";
  }
  const auto serves = [&](const IpAddress& address) {
    return holds(services_,
                 service_name(socket.netns, static_cast<std::uint64_t>(socket.protocol), socket.local_port, address));
  };
  return serves(IpAddress()) || serves(socket.local_address.unmapped()) ? "inbound" : "outbound";
}

std::string SocketNames::key(const Socket& socket) const {
  const std::string protocol = format_enum(NamesOf<SocketProtocol>::values, static_cast<std::uint8_t>(socket.protocol));
  const std::string local = format_endpoint(socket.local_address.unmapped(), socket.local_port);
  const std::string_view way = direction(socket);
  if (way.empty()) {
    return fmt::format("{} {}", protocol, local);
  }
  const std::string_view arrow = way == "inbound" ? "<-" : way == "outbound" ? "->" : "<>";
  return fmt::format("{} {} {} {}", protocol, local, arrow,
                     format_endpoint(socket.remote_address.unmapped(), socket.remote_port));
}

bool is_dual(const Socket& socket) {
  const auto is_mapped = [](const IpAddress& address) { return address.is_v6() && address.unmapped().is_v4(); };
  return is_mapped(socket.local_address) || is_mapped(socket.remote_address);
}

std::string format_endpoint(const IpAddress& address, std::uint16_t port) {
  const std::string text = format_ip_address(address);
  return address.is_v6() ? fmt::format("[{}]:{}", text, port) : fmt::format("{}:{}", text, port);
}

} // namespace hindstat
