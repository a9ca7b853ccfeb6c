// SPDX-License-Identifier: MIT
// samples/gw1: both sources of each table of one moment, netlink and /proc.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "tables/interface.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tables/route_exception.h"
#include "tables/service.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tables/unix_socket.h"
#include "tables/user.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/witness_rules.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::unique_ptr<System> sample() {
  return open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/gw1");
}

std::map<std::uint32_t, UnixSocket> unix_by_inode(const Snapshot& snapshot) {
  std::map<std::uint32_t, UnixSocket> rows;
  const Table& table = *snapshot.find_table("unix_socket");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const UnixSocket row = unix_sockets.row(table, i);
    rows.emplace(row.inode, row);
  }
  return rows;
}

} // namespace

TEST_CASE("the sample gw1 is recorded completely", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*sample(), {});
  CHECK(snapshot.info.host == "gw1");
  CHECK(snapshot.info.machine_id == "01010101010101010101010101010101");
  for (const Capture& capture : snapshot.captures) {
    CAPTURE(capture.table);
    // Its kernel had no connection tracking, Linux has had no routing cache since 3.6, and some tables are younger.
    const bool absent = capture.table.starts_with("conntrack") || capture.table == "route_cache"
                        || capture.table.starts_with("other_") // Few kernels have a family of these.
                        || is_younger_than_samples(capture.table);
    CHECK(capture.status == (absent ? CaptureStatus::absent : CaptureStatus::complete));
    CHECK(capture.rejected == 0);
  }
  std::set<TcpState> states;
  const Table& table = *snapshot.find_table("socket");
  std::set<std::uint32_t> owned;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Socket row = sockets.row(table, i);
    if (row.protocol == SocketProtocol::tcp) {
      states.insert(row.state);
      CHECK(row.cookie.value_or(0) != 0);
    }
    if (row.local_port == 5353) {
      CHECK(row.bound_interface == "lan0");
    }
    owned.insert(row.pid.value_or(0));
  }
  using enum TcpState;
  CHECK(states == std::set<TcpState>{established, syn_sent, fin_wait2, time_wait, close_wait, listen, bound_inactive});
  CHECK(owned == std::set<std::uint32_t>{0, 23, 25, 26, 27});
  CHECK(snapshot.find_table("socket_owner")->size() == 2);
  const Process nginx = processes.row(*snapshot.find_table("process"), 0);
  CHECK(nginx.comm == "nginx");
  CHECK(nginx.container == "0123456789ab");
  CHECK(nginx.fd_limit == 20000U);
  CHECK(nginx.fd_count == 12);
}

TEST_CASE("what the kernel tells once is the same whichever witness tells the rest of the sample gw1", "[recorder]") {
  const Snapshot netlink = record_snapshot(*sample(), {});
  const Snapshot proc = record_snapshot(WithoutNetlink(sample()), {});
  for (const char* table : {"socket_owner", "process", "protocol_counter", "sockstat", "user", "service"}) {
    CAPTURE(table);
    CHECK_FALSE(netlink.find_table(table)->empty());
    CHECK(*netlink.find_table(table) == *proc.find_table(table));
  }
}

TEST_CASE("the sample gw1 has learned path MTUs, neighbours, rules, nexthops and metrics", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*sample(), {});
  const std::map<std::string_view, std::size_t> expected = {
    {"route_exception", 3}, {"neighbour", 5},        {"rule", 8},      {"nexthop", 4}, {"tcp_metric", 1},
    {"table_stat", 24},     {"multicast_source", 2}, {"link_group", 9}};
  for (const auto& [table, rows] : expected) {
    CAPTURE(table);
    CHECK(snapshot.find_table(table)->size() == rows);
  }
  std::set<std::uint32_t> mtus;
  const Table& table = *snapshot.find_table("route_exception");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const RouteException row = route_exceptions.row(table, i);
    CHECK(row.interface == "wan0");
    mtus.insert(row.mtu.value_or(0));
    CHECK(row.flags.has(RouteCacheFlag::redirected) == (format_ip_address(row.destination) == "198.51.101.1"));
  }
  CHECK(mtus == std::set<std::uint32_t>{0, 1400});
}

TEST_CASE("the interfaces of the sample gw1 have their speed and duplex, and loopback has none", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*sample(), {});
  const Table& table = *snapshot.find_table("interface");
  std::size_t links = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Interface row = interfaces.row(table, i);
    CAPTURE(row.name);
    CHECK(row.speed == (row.name == "lo" ? std::nullopt : std::optional(10'000U)));
    CHECK(row.duplex == (row.name == "lo" ? std::nullopt : std::optional(Duplex::full)));
    links += row.name == "lo" ? 0U : 1U;
  }
  CHECK(links == 4);
}

TEST_CASE("unix sockets of the sample gw1 have whole names, peers, queues and owners", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*sample(), {});
  std::map<std::string, UnixSocket> listeners;
  std::map<std::uint32_t, UnixSocket> rows = unix_by_inode(snapshot);
  for (const auto& [inode, row] : rows) {
    if (row.state == UnixState::listening) {
      listeners.emplace(row.name.value(), row);
    }
  }
  using namespace std::string_literals;
  const UnixSocket& bird = listeners.at("/run/gw1/bird.ctl");
  CHECK(bird.recv_queue == 1U); // The embryo.
  CHECK(bird.send_queue == 128U);
  CHECK(bird.pid == 26U);
  CHECK(bird.fd == 5U);
  CHECK(listeners.contains("\0gw1\0nul\0"s));
  CHECK(listeners.contains("\0named/control"s));
  CHECK(listeners.contains("/run/gw1/new\nline.sock"));
  CHECK(listeners.contains("/run/gw1/with blank.sock"));
  CHECK(listeners.at("/run/gw1/seq.sock").type == UnixType::seqpacket);
  const auto accepted = std::ranges::find_if(rows, [](const auto& entry) { return entry.second.fd == 10U; });
  REQUIRE(accepted != rows.end());
  CHECK(accepted->second.recv_queue == 5U);
  CHECK(rows.at(accepted->second.peer_inode.value()).peer_inode == accepted->first);
  CHECK(rows.at(0).state == UnixState::connecting);
}

TEST_CASE("the sample gw1 names the users and services that were seen", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*sample(), {});
  const Table& user_table = *snapshot.find_table("user");
  REQUIRE(user_table.size() >= 1);
  CHECK(users.row(user_table, 0).name == "root");
  std::set<std::string> names;
  const Table& service_table = *snapshot.find_table("service");
  for (std::size_t i = 0; i < service_table.size(); ++i) {
    const Service row = services.row(service_table, i);
    names.insert(row.name + "/" + row.protocol);
  }
  CHECK(names.contains("https/tcp"));
  CHECK(names.contains("bgp/tcp"));
  CHECK(names.contains("domain/udp"));
  CHECK_FALSE(names.contains("http-alt/tcp"));
}

TEST_CASE("routes of the sample gw1 have hops, tables and metrics", "[recorder]") {
  const Snapshot snapshot = record_snapshot(*sample(), {});
  const Table& table = *snapshot.find_table("route");
  std::map<std::string, std::vector<Route>> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Route row = routes.row(table, i);
    rows[format_ip_address(row.destination) + "/" + std::to_string(row.prefix_length)].push_back(row);
  }
  REQUIRE(rows["10.20.0.0/16"].size() == 2);
  CHECK(rows["10.20.0.0/16"][0].weight == 2);
  CHECK(rows["10.20.0.0/16"][1].hop == 1);
  CHECK(rows["198.51.100.0/24"].at(0).table == 100);
  CHECK(rows["192.168.0.0/16"].at(0).type == RouteType::blackhole);
  CHECK(rows["172.16.0.0/12"].at(0).type == RouteType::unreachable);
  CHECK(rows["10.30.0.0/16"].at(0).mtu == 1400U);
  CHECK(rows["10.30.0.0/16"].at(0).locked_metrics == 1U << 2U);
  CHECK(rows["0.0.0.0/0"].at(0).interface == "wan0");
  CHECK(format_ip_address(rows["::/0"].at(0).gateway.value()) == "2001:db8:1::1");
}

TEST_CASE("no bytes of the sample can be changed so that a recording crashes", "[recorder]") {
  const auto bundle = sample();
  std::uint32_t seed = 7;
  for (const char* name : {"sock_diag-tcp-inet", "sock_diag-udp-inet6", "rtnetlink-route-inet", "rtnetlink-route-inet6",
                           "rtnetlink-link", "sock_diag-unix"}) {
    std::vector<std::byte> reply;
    std::ignore = bundle->netlink_dump({name, 0, 0, {}, false}, [&reply](std::span<const std::byte> bytes) {
      reply.insert(reply.end(), bytes.begin(), bytes.end());
    });
    REQUIRE(reply.size() > 16);
    for (int round = 0; round < 300; ++round) {
      FakeSystem system;
      auto changed = reply;
      for (int change = 0; change < 1 + round % 4; ++change) {
        seed = seed * 1664525 + 1013904223;
        changed[(seed >> 8U) % changed.size()] = static_cast<std::byte>(seed >> 3U);
      }
      changed.resize(round % 3 == 0 ? (seed >> 9U) % changed.size() : changed.size());
      changed.shrink_to_fit();
      system.dumps[name] = {{changed, {}}};
      CHECK_NOTHROW(record_snapshot(system, {}));
    }
  }
}
