// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "diff/diff.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tables/socket.h"

namespace hindstat {

inline constexpr std::int64_t second_ns = 1'000'000'000;

/// A snapshot of host gw1 so many seconds after the first one, without tables.
[[nodiscard]] inline Snapshot snapshot_at(std::int64_t seconds) {
  Snapshot snapshot;
  snapshot.info.host = "gw1";
  snapshot.info.machine_id = "0123456789abcdef0123456789abcdef";
  snapshot.info.boot_id = "11111111-2222-3333-4444-555555555555";
  snapshot.info.kernel_release = "6.1.0";
  snapshot.info.clocks.realtime_ns = (1'795'230'540 + seconds) * second_ns;
  snapshot.info.clocks.boottime_ns = (10'000 + seconds) * second_ns;
  snapshot.info.net_namespace = 4'026'531'840;
  return snapshot;
}

/// Adds a collected table with its capture.
inline Capture& add_table(Snapshot& snapshot, Table table, const std::string& netns = "") {
  Capture capture;
  capture.table = table.spec().name;
  capture.netns = netns;
  capture.source = "netlink";
  capture.rows = static_cast<std::uint32_t>(table.size());
  snapshot.tables.push_back(std::move(table));
  snapshot.captures.push_back(std::move(capture));
  return snapshot.captures.back();
}

template <typename Definition>
[[nodiscard]] Table make_table(const Definition& definition, const std::vector<typename Definition::Row>& rows) {
  TableBuilder<Definition> builder(definition);
  for (const auto& row : rows) {
    builder.add(row);
  }
  return std::move(builder).build();
}

[[nodiscard]] inline IpAddress ip(const char* text) {
  return parse_ip_address(text).value();
}

[[nodiscard]] inline Socket tcp(TcpState state, const char* local, std::uint16_t local_port, const char* remote,
                                std::uint16_t remote_port, std::uint64_t cookie = 0, std::uint32_t inode = 0) {
  Socket socket;
  socket.protocol = SocketProtocol::tcp;
  socket.local_address = ip(local);
  socket.local_port = local_port;
  socket.remote_address = ip(remote);
  socket.remote_port = remote_port;
  socket.state = state;
  if (cookie != 0) {
    socket.cookie = cookie;
  }
  socket.inode = inode;
  return socket;
}

[[nodiscard]] inline Socket listener(const char* local, std::uint16_t port, std::uint64_t cookie = 0,
                                     std::uint32_t inode = 0) {
  Socket socket = tcp(TcpState::listen, local, port, "0.0.0.0", 0, cookie, inode);
  socket.backlog = 128;
  return socket;
}

[[nodiscard]] inline Socket udp(const char* local, std::uint16_t port, std::uint64_t cookie = 0,
                                std::uint32_t inode = 0) {
  Socket socket = tcp(TcpState::close, local, port, "0.0.0.0", 0, cookie, inode);
  socket.protocol = SocketProtocol::udp;
  socket.drops = 0;
  return socket;
}

[[nodiscard]] inline Process process(std::uint32_t pid, const std::string& comm) {
  Process process;
  process.pid = pid;
  process.comm = comm;
  process.exe = "/usr/bin/" + comm;
  return process;
}

[[nodiscard]] inline Route route_to(const char* destination, std::uint8_t length, const char* gateway,
                                    const char* interface, std::uint32_t metric = 0) {
  Route route;
  route.destination = ip(destination);
  route.prefix_length = length;
  if (gateway != nullptr) {
    route.gateway = ip(gateway);
  }
  route.interface = interface;
  route.metric = metric;
  route.protocol = RouteProtocol::static_route;
  route.scope = RouteScope::universe;
  return route;
}

/// What happened to the sockets of a host in a minute (or `seconds`).
[[nodiscard]] inline std::vector<Event> diff_sockets_of(const std::vector<Socket>& before,
                                                        const std::vector<Socket>& after,
                                                        const std::vector<Process>& processes_before = {},
                                                        const std::vector<Process>& processes_after = {},
                                                        std::int64_t seconds = 10) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(seconds);
  add_table(a, make_table(sockets, before)).coverage = "tcp=netlink owners=complete";
  add_table(b, make_table(sockets, after)).coverage = "tcp=netlink owners=complete";
  add_table(a, make_table(processes, processes_before));
  add_table(b, make_table(processes, processes_after));
  return diff_snapshots(a, b, {{"socket"}, {}}).events;
}

[[nodiscard]] inline std::vector<Event> diff_routes_of(const std::vector<Route>& before,
                                                       const std::vector<Route>& after) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(routes, before));
  add_table(b, make_table(routes, after));
  return diff_snapshots(a, b, {}).events;
}

/// "sock.closed tcp 10.0.0.5:80 <- 10.0.0.9:5 dir=inbound from=ESTABLISHED", without the fields named in `without`.
[[nodiscard]] inline std::string in_words(const Event& event) {
  std::string text = std::string(event.spec->name) + " " + event.key;
  for (const EventField& field : event.fields) {
    text += " " + field.name + "=" + field.value;
  }
  return text;
}

[[nodiscard]] inline std::vector<std::string> in_words(const std::vector<Event>& events) {
  std::vector<std::string> lines;
  for (const Event& event : events) {
    lines.push_back(in_words(event));
  }
  return lines;
}

using Lines = std::vector<std::string>;

/// An event in full.
[[nodiscard]] inline std::string everything(const Event& event) {
  std::string text = in_words(event) + "|" + event.netns + "|" + event.incarnation + "|" + event.owner;
  for (const EventChange& change : event.changed) {
    text += "|" + change.column + ":" + change.from.value_or("-") + ">" + change.to.value_or("-");
  }
  for (const std::string& why : event.why) {
    text += "|" + why;
  }
  return text + "|" + std::string(name_of(event.confidence));
}

[[nodiscard]] inline Lines everything(const std::vector<Event>& events) {
  Lines lines;
  std::ranges::transform(events, std::back_inserter(lines), [](const Event& event) { return everything(event); });
  return lines;
}

} // namespace hindstat
