// SPDX-License-Identifier: MIT
#include "recorder/readers/sock_diag.h"

#include <catch2/catch.hpp>

#include "tests/recorder/diag_message.h"

using namespace hindstat;
using namespace hindstat::test;

TEST_CASE("a TCP socket is read from an inet_diag message", "[recorder]") {
  inet_diag_msg message = diag_message();
  message.idiag_timer = 2;
  message.idiag_retrans = 3;
  message.idiag_expires = 7000;
  message.idiag_rqueue = 11;
  message.idiag_wqueue = 12;
  message.id.idiag_if = 4;
  const auto socket = parse_inet_diag(bytes_of(message));
  REQUIRE(socket);
  CHECK(format_ip_address(socket->local_address) == "10.0.0.5");
  CHECK(socket->local_port == 443);
  CHECK(format_ip_address(socket->remote_address) == "10.0.9.2");
  CHECK(socket->remote_port == 6379);
  CHECK(socket->cookie == 0x200000001ULL);
  CHECK(socket->ifindex == 4);
  CHECK(socket->state == 1);
  CHECK(socket->timer == 2);
  CHECK(socket->retransmits == 3);
  CHECK(socket->expires_ms == 7000);
  CHECK(socket->recv_queue == 11);
  CHECK(socket->send_queue == 12);
  CHECK(socket->uid == 1000);
  CHECK(socket->inode == 4711);
  CHECK_FALSE(socket->drops);
}

TEST_CASE("an IPv6 socket keeps all sixteen bytes", "[recorder]") {
  inet_diag_msg message = diag_message();
  message.idiag_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, "fd77:1::2", &message.id.idiag_src) == 1);
  REQUIRE(::inet_pton(AF_INET6, "::ffff:10.0.0.1", &message.id.idiag_dst) == 1);
  const auto socket = parse_inet_diag(bytes_of(message));
  REQUIRE(socket);
  CHECK(format_ip_address(socket->local_address) == "fd77:1::2");
  CHECK(format_ip_address(socket->remote_address) == "::ffff:10.0.0.1");
}

TEST_CASE("drops come from SKMEMINFO, and are unknown when it is short", "[recorder]") {
  const std::array<std::uint32_t, 9> memory = {1, 2, 3, 4, 5, 6, 7, 8, 99};
  const std::array<std::uint32_t, 8> older = {1, 2, 3, 4, 5, 6, 7, 8};
  const auto with = NetlinkBuilder().value(diag_message()).attribute_value(INET_DIAG_SKMEMINFO, memory).bytes();
  const auto without = NetlinkBuilder().value(diag_message()).attribute_value(INET_DIAG_SKMEMINFO, older).bytes();
  CHECK(parse_inet_diag(with)->drops == 99U);
  CHECK_FALSE(parse_inet_diag(without)->drops);
}

TEST_CASE("an inet_diag message cut at any byte is refused or read within its bytes", "[recorder]") {
  const std::array<std::uint32_t, 9> memory{};
  const auto whole = NetlinkBuilder().value(diag_message()).attribute_value(INET_DIAG_SKMEMINFO, memory).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto part = cut(whole, size);
    const auto socket = parse_inet_diag(part);
    CAPTURE(size);
    CHECK(socket.has_value() == (size >= sizeof(inet_diag_msg)));
    CHECK_FALSE((socket && socket->drops));
  }
}

TEST_CASE("a socket of another family is refused", "[recorder]") {
  inet_diag_msg message = diag_message();
  message.idiag_family = AF_UNIX;
  CHECK_FALSE(parse_inet_diag(bytes_of(message)));
}

TEST_CASE("a request asks for every state, and for memory only when told", "[recorder]") {
  const auto request = std::bit_cast<inet_diag_req_v2>(inet_diag_request(AF_INET6, IPPROTO_UDP, DiagDetail::memory));
  CHECK(request.sdiag_family == AF_INET6);
  CHECK(request.sdiag_protocol == IPPROTO_UDP);
  CHECK((request.idiag_states & (1U << 13U)) != 0);
  CHECK(request.idiag_ext == 1U << (INET_DIAG_SKMEMINFO - 1U));
  CHECK(std::bit_cast<inet_diag_req_v2>(inet_diag_request(AF_INET, IPPROTO_TCP, DiagDetail::none)).idiag_ext == 0);
}
