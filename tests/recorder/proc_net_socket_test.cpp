// SPDX-License-Identifier: MIT
#include "recorder/readers/proc_net_socket.h"

#include <catch2/catch.hpp>

#include <string>

using namespace hindstat;

namespace {

// Of a Linux 6.18 on a little-endian machine.
const std::string listening =
  "   0: 0100007F:1B63 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 "
  "876780 1 000000000454d76b 100 0 0 10 0                    ";
const std::string keepalive =
  "  18: 02014D0A:AF74 02024D0A:1B58 01 00000000:00000000 02:000AFB8C 00000000  1000        3 "
  "876778 2 0000000068727bee 20 0 0 10 -1";
const std::string time_wait =
  "  19: 02014D0A:AF7E 02024D0A:1B58 06 00000000:00000000 03:000016CB 00000000     0        0 "
  "0 3 00000000102ff72d";
const std::string udp6 = " 2025: 010077FD000000000000000002000000:8183 020077FD000000000000000002000000:14E9 01 "
                         "00000000:00000340 00:00000000 00000000     0        0 876959 2 000000004d7d0712 17";

} // namespace

TEST_CASE("a listening socket is read from /proc/net/tcp", "[recorder]") {
  const auto socket = parse_proc_socket(listening, false);
  REQUIRE(socket);
  CHECK(format_ip_address(socket->local_address) == "127.0.0.1");
  CHECK(socket->local_port == 7011);
  CHECK(format_ip_address(socket->remote_address) == "0.0.0.0");
  CHECK(socket->remote_port == 0);
  CHECK(socket->state == 10);
  CHECK(socket->recv_queue == 3);
  CHECK(socket->send_queue == 0);
  CHECK(socket->inode == 876780);
  CHECK(socket->timer == 0);
  CHECK_FALSE(socket->drops);
}

TEST_CASE("timers of /proc/net/tcp are read with their ticks and probes", "[recorder]") {
  const auto socket = parse_proc_socket(keepalive, false);
  REQUIRE(socket);
  CHECK(socket->timer == 2);
  CHECK(socket->timer_ticks == 0xAFB8C);
  CHECK(socket->probes == 3);
  CHECK(socket->retransmits == 0);
  CHECK(socket->uid == 1000);
  const auto closing = parse_proc_socket(time_wait, false);
  REQUIRE(closing);
  CHECK(closing->state == 6);
  CHECK(closing->timer == 3);
  CHECK(closing->inode == 0);
}

TEST_CASE("an IPv6 socket and its drops are read from /proc/net/udp6", "[recorder]") {
  const auto socket = parse_proc_socket(udp6, true);
  REQUIRE(socket);
  CHECK(format_ip_address(socket->local_address) == "fd77:1::2");
  CHECK(format_ip_address(socket->remote_address) == "fd77:2::2");
  CHECK(socket->recv_queue == 0x340);
  CHECK(socket->drops == 17U);
  CHECK_FALSE(parse_proc_socket(udp6, false)->drops);
}

TEST_CASE("drops that an older kernel prints as a negative number wrap", "[recorder]") {
  const std::string line = udp6.substr(0, udp6.size() - 2) + "-1";
  CHECK(parse_proc_socket(line, true)->drops == 0xffffffffU);
}

TEST_CASE("a line cut at any byte is refused or is the same socket", "[recorder]") {
  for (const std::string& line : {listening, keepalive, time_wait, udp6}) {
    for (std::size_t size = 0; size < line.size(); ++size) {
      const std::string part = line.substr(0, size);
      const auto socket = parse_proc_socket(part, &line == &udp6);
      if (socket) {
        // A cut inside the inode leaves a shorter number; everything before is whole.
        CHECK(socket->local_port != 0);
        CHECK(socket->state != 0);
      }
    }
  }
}

TEST_CASE("lines that are not of these files are refused", "[recorder]") {
  const std::vector<std::string> lines = {
    "",
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "0: 0100007F:1B63",
    "0: 0100007F1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
    "0: 0100007F:1B63 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
    "0: 010000ZF:1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
    "0: 0100007F:1B634 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1",
    "0: 0100007F:1B63 00000000:0000 1A0 00000000:00000000 00:00000000 00000000 0 0 1",
    "0: 0100007F:1B63 00000000:0000 0A 00000000 00:00000000 00000000 0 0 1",
    "0: 0100007F:1B63 00000000:0000 0A 00000000:00000000 00:ffffffffffffffff 00000000 0 0 1",
    "0: 0100007F:1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000 -1 0 1",
    "0: 0100007F:1B63 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 99999999999",
    std::string(100'000, '0'),
    std::string(5000, ':'),
  };
  for (const std::string& line : lines) {
    CAPTURE(line.substr(0, 150));
    CHECK_FALSE(parse_proc_socket(line, false));
    CHECK_FALSE(parse_proc_socket(line, true));
  }
}
