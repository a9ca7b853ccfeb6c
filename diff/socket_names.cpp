// SPDX-License-Identifier: MIT
#include "diff/socket_names.h"

#include <fmt/format.h>

#include "diff/socket_rules.h"
#include "tables/format.h"

namespace hindstat {

namespace {

// Namespaces are names of files: a NUL is in none of them.
std::string address_name(std::string_view netns, const IpAddress& address) {
  std::string name(netns);
  name += '\0';
  name += address.unmapped().bytes();
  return name;
}

std::string service_name(std::string_view netns, std::uint64_t protocol, std::uint64_t port, std::string_view address) {
  std::string name(netns);
  name += '\0';
  return fmt::format("{}{}:{}:{}", name, protocol, port, address);
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
  add_table(before);
  add_table(after);
}

void SocketNames::add_table(const Table& table) {
  const Column& netns = sockets.column<&Socket::netns>(table);
  const Column& protocol = sockets.column<&Socket::protocol>(table);
  const Column& local = sockets.column<&Socket::local_address>(table);
  const Column& remote = sockets.column<&Socket::remote_address>(table);
  const Column& local_port = sockets.column<&Socket::local_port>(table);
  const Column& remote_port = sockets.column<&Socket::remote_port>(table);
  const Column& state = sockets.column<&Socket::state>(table);
  std::unordered_set<std::uint64_t> seen; // Dictionary ids of namespace and address: few, whatever the rows.
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (seen.insert(netns.raw(row) << 32 | local.raw(row)).second) {
      const IpAddress address = local.address(row);
      if (!address.is_unspecified()) {
        own_addresses_.insert(address_name(netns.bytes(row), address));
      }
    }
    const bool tcp = protocol.raw(row) == static_cast<std::uint64_t>(SocketProtocol::tcp);
    const bool serves = tcp ? state.raw(row) == static_cast<std::uint64_t>(TcpState::listen)
                            : remote_port.raw(row) == 0 && remote.address(row).is_unspecified();
    if (serves) {
      const IpAddress address = local.address(row).unmapped();
      services_.insert(service_name(netns.bytes(row), protocol.raw(row), local_port.raw(row),
                                    address.is_unspecified() ? "*" : address.bytes()));
    }
  }
}

std::string_view SocketNames::direction(const Socket& socket) const {
  if (!is_connected(socket)) {
    return "";
  }
  if (is_loopback(socket.remote_address)
      || own_addresses_.contains(address_name(socket.netns, socket.remote_address))) {
    return "local";
  }
  const auto serves = [&](std::string_view address) {
    return services_.contains(
      service_name(socket.netns, static_cast<std::uint64_t>(socket.protocol), socket.local_port, address));
  };
  return serves("*") || serves(socket.local_address.unmapped().bytes()) ? "inbound" : "outbound";
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
