// SPDX-License-Identifier: MIT
// samples/gw1: both sources of each table of one moment, netlink and /proc.
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <tuple>

#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::unique_ptr<System> sample() {
  return open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/gw1");
}

using SocketKey = std::tuple<SocketProtocol, IpAddress, std::uint16_t, IpAddress, std::uint16_t, std::uint32_t>;

std::map<SocketKey, Socket> socket_rows(const Snapshot& snapshot) {
  std::map<SocketKey, Socket> rows;
  const Table& table = *snapshot.find_table("socket");
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Socket row = sockets.row(table, i);
    if (row.state != TcpState::bound_inactive) { // /proc does not list these.
      rows.emplace(
        SocketKey{row.protocol, row.local_address, row.local_port, row.remote_address, row.remote_port, row.inode},
        row);
    }
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
    CHECK(capture.status == CaptureStatus::complete);
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

TEST_CASE("netlink and /proc agree about the sample gw1 on the columns they share", "[recorder]") {
  const Snapshot netlink_snapshot = record_snapshot(*sample(), {});
  const Snapshot proc_snapshot = record_snapshot(WithoutNetlink(sample()), {});
  CHECK(proc_snapshot.find_capture("socket")->source == "proc");
  const auto netlink = socket_rows(netlink_snapshot);
  const auto proc = socket_rows(proc_snapshot);
  REQUIRE(netlink.size() == proc.size());
  CHECK(netlink.size() == 17);
  for (const auto& [key, a] : netlink) {
    REQUIRE(proc.contains(key));
    const Socket& b = proc.at(key);
    CAPTURE(a.local_port, a.remote_port);
    CHECK(a.state == b.state);
    CHECK(a.recv_queue == b.recv_queue);
    CHECK(a.send_queue == b.send_queue);
    CHECK(a.uid == b.uid);
    CHECK(a.timer == b.timer);
    CHECK(a.timer_retries == b.timer_retries);
    CHECK(a.drops == b.drops);
    CHECK(a.pid == b.pid);
    CHECK(a.fd == b.fd);
    CHECK(a.timer_expires.has_value() == b.timer_expires.has_value());
  }
  CHECK(*netlink_snapshot.find_table("process") == *proc_snapshot.find_table("process"));
  CHECK(*netlink_snapshot.find_table("socket_owner") == *proc_snapshot.find_table("socket_owner"));
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
                           "rtnetlink-link"}) {
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
