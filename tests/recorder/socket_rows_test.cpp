// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_rows.h"

#include <catch2/catch.hpp>

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
