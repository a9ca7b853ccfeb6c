// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_rows.h"

#include <catch2/catch.hpp>

#include <random>

using namespace hindstat;

namespace {

constexpr std::uint64_t boottime_ms = 1'000'000;
const InterfaceNames names = {0, {{4, "wan0"}}};

template <typename Source>
Socket row_of(SocketProtocol protocol, const Source& source) {
  SocketRows rows;
  if constexpr (std::is_same_v<Source, DiagSocket>) {
    rows.add(protocol, source, names, boottime_ms);
  } else {
    rows.add(protocol, source, boottime_ms);
  }
  return sockets.row(std::move(rows).build(), 0);
}

Table table_with_inodes(const std::vector<std::uint32_t>& inodes) {
  SocketRows rows;
  for (const std::uint32_t inode : inodes) {
    DiagSocket socket;
    socket.inode = inode;
    rows.add(SocketProtocol::tcp, socket, names, boottime_ms);
  }
  return std::move(rows).build();
}

using Owner = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>; // inode, pid, fd

std::vector<Owner> rows_of(const Table& owners) {
  std::vector<Owner> result;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const SocketOwner row = socket_owners.row(owners, i);
    result.emplace_back(row.inode, row.pid, row.fd);
  }
  std::ranges::sort(result);
  return result;
}

} // namespace

TEST_CASE("a listener's send queue is its backlog", "[recorder]") {
  DiagSocket socket;
  socket.state = 10;
  socket.recv_queue = 2;
  socket.send_queue = 128;
  const Socket row = row_of(SocketProtocol::tcp, socket);
  CHECK(row.state == TcpState::listen);
  CHECK(row.recv_queue == 2);
  CHECK(row.send_queue == 0);
  CHECK(row.backlog == 128U);
}

TEST_CASE("timers become absolute, and none is null", "[recorder]") {
  DiagSocket socket;
  socket.state = 1;
  CHECK_FALSE(row_of(SocketProtocol::tcp, socket).timer_expires);
  socket.timer = 2;
  socket.expires_ms = 5500;
  CHECK(row_of(SocketProtocol::tcp, socket).timer_expires == boottime_ms + 5500);
  ProcSocket line;
  line.timer = 2;
  line.timer_ticks = 550;
  CHECK(row_of(SocketProtocol::tcp, line).timer_expires == boottime_ms + 5500);
}

TEST_CASE("retries of a /proc line come from the field that its timer uses", "[recorder]") {
  ProcSocket line;
  line.retransmits = 3;
  line.probes = 7;
  const std::vector<std::pair<std::uint8_t, std::uint8_t>> expected = {{0, 0}, {1, 3}, {2, 7}, {3, 0}, {4, 7}};
  for (const auto& [timer, retries] : expected) {
    line.timer = timer;
    CHECK(row_of(SocketProtocol::tcp, line).timer_retries == retries);
  }
  line.timer = 1;
  line.retransmits = 1000;
  CHECK(row_of(SocketProtocol::tcp, line).timer_retries == 255);
}

TEST_CASE("a closed TCP socket that sock_diag lists is a bound one", "[recorder]") {
  DiagSocket socket;
  socket.state = 7;
  CHECK(row_of(SocketProtocol::tcp, socket).state == TcpState::bound_inactive);
  CHECK(row_of(SocketProtocol::udp, socket).state == TcpState::close);
}

TEST_CASE("the bound interface is named, null when there is none or its index is unknown", "[recorder]") {
  DiagSocket socket;
  CHECK_FALSE(row_of(SocketProtocol::udp, socket).bound_interface);
  socket.ifindex = 4;
  CHECK(row_of(SocketProtocol::udp, socket).bound_interface == "wan0");
  socket.ifindex = 5;
  CHECK_FALSE(row_of(SocketProtocol::udp, socket).bound_interface);
}

TEST_CASE("a row does not inherit what the row before it had", "[recorder]") {
  SocketRows rows;
  DiagSocket rich;
  rich.state = 10;
  rich.ifindex = 4;
  rich.timer = 1;
  rich.drops = 9;
  rows.add(SocketProtocol::udp, rich, names, boottime_ms);
  rows.add(SocketProtocol::tcp, rich, names, boottime_ms);
  rows.add(SocketProtocol::tcp, ProcSocket{}, boottime_ms);
  const Socket last = sockets.row(std::move(rows).build(), 2);
  CHECK_FALSE(last.bound_interface);
  CHECK_FALSE(last.backlog);
  CHECK_FALSE(last.cookie);
  CHECK_FALSE(last.drops);
  CHECK_FALSE(last.timer_expires);
}

TEST_CASE("the first owner has the lowest pid and its lowest descriptor, the others are further owners", "[recorder]") {
  Table table = table_with_inodes({10, 20, 0, 30});
  OwnerScan scan;
  scan.sockets = {{10, 500, 7}, {10, 400, 9}, {10, 400, 3}, {20, 1, 1}, {99, 1, 2}, {0, 1, 3}};
  const Table further = join_owners(table, scan);
  const Socket first = sockets.row(table, 0);
  CHECK(first.pid == 400U);
  CHECK(first.fd == 3U);
  CHECK(sockets.row(table, 1).pid == 1U);
  CHECK_FALSE(sockets.row(table, 2).pid);
  CHECK_FALSE(sockets.row(table, 3).pid);
  CHECK(rows_of(further) == std::vector<Owner>{{10, 400, 9}, {10, 500, 7}});
}

TEST_CASE("rows of one inode, as a torn dump has them, share the owner", "[recorder]") {
  Table table = table_with_inodes({10, 11, 10});
  OwnerScan scan;
  scan.sockets = {{10, 5, 6}, {10, 4, 8}};
  const Table further = join_owners(table, scan);
  CHECK(sockets.row(table, 0).pid == 4U);
  CHECK(sockets.row(table, 2).pid == 4U);
  CHECK(sockets.row(table, 2).fd == 8U);
  CHECK_FALSE(sockets.row(table, 1).pid);
  CHECK(further.size() == 1);
}

TEST_CASE("joining does not depend on the order of the scan", "[recorder]") {
  std::mt19937 random(7);
  std::vector<std::uint32_t> inodes;
  OwnerScan scan;
  for (std::uint32_t i = 1; i <= 500; ++i) {
    inodes.push_back(i * 64); // The low bits of inodes are often alike.
    for (std::uint32_t held = 0; held < 1 + i % 4; ++held) {
      scan.sockets.push_back({i * 64, static_cast<std::uint32_t>(random() % 50), held});
    }
  }
  Table expected = table_with_inodes(inodes);
  const Table expected_further = join_owners(expected, scan);
  for (int round = 0; round < 5; ++round) {
    std::ranges::shuffle(scan.sockets, random);
    Table table = table_with_inodes(inodes);
    CHECK(rows_of(join_owners(table, scan)) == rows_of(expected_further));
    CHECK(table == expected);
  }
}

TEST_CASE("an empty table joins with any scan", "[recorder]") {
  Table table = table_with_inodes({});
  OwnerScan scan;
  scan.sockets = {{1, 2, 3}};
  CHECK(join_owners(table, scan).empty());
}
