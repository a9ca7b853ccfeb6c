// SPDX-License-Identifier: MIT
#include "recorder/readers/unix_diag.h"

#include <catch2/catch.hpp>

#include <bit>

#include "tests/recorder/unix_message.h"

using namespace hindstat;
using namespace hindstat::test;
using namespace std::string_view_literals;

TEST_CASE("a unix socket is read from a unix_diag message", "[recorder]") {
  const unix_diag_rqlen queues{3, 128};
  const auto bytes = NetlinkBuilder()
                       .value(unix_message(4711, 10))
                       .attribute_text(UNIX_DIAG_NAME, "/run/x y\n.sock\0"sv)
                       .attribute_value(UNIX_DIAG_PEER, std::uint32_t{4712})
                       .attribute_value(UNIX_DIAG_RQLEN, queues)
                       .attribute_value(7, std::uint32_t{1000}) // UNIX_DIAG_UID
                       .attribute_value(UNIX_DIAG_SHUTDOWN, std::uint8_t{0})
                       .bytes();
  const auto socket = parse_unix_diag(bytes);
  REQUIRE(socket);
  CHECK(socket->type == SOCK_STREAM);
  CHECK(socket->state == 10);
  CHECK(socket->inode == 4711);
  CHECK(socket->cookie == 0x200000001ULL);
  CHECK(socket->name == "/run/x y\n.sock");
  CHECK(socket->peer_inode == 4712U);
  CHECK(socket->recv_queue == 3U);
  CHECK(socket->send_queue == 128U);
  CHECK(socket->uid == 1000U);
}

TEST_CASE("an abstract name keeps every NUL, and no name is null", "[recorder]") {
  const auto abstract = named_unix_message(1, 7, "\0a@b\0c\0"sv);
  CHECK(parse_unix_diag(abstract)->name == "\0a@b\0c\0"sv);
  const auto only_nul = named_unix_message(1, 7, "\0"sv);
  CHECK(parse_unix_diag(only_nul)->name == "\0"sv);
  const auto empty = named_unix_message(1, 7, "");
  CHECK_FALSE(parse_unix_diag(empty)->name);
  const auto bare = NetlinkBuilder().value(unix_message()).bytes();
  const auto socket = parse_unix_diag(bare);
  CHECK_FALSE(socket->name);
  CHECK_FALSE(socket->peer_inode);
  CHECK_FALSE(socket->recv_queue);
  CHECK_FALSE(socket->uid);
}

TEST_CASE("a unix_diag message cut at any byte is refused or read within its bytes", "[recorder]") {
  const auto whole = NetlinkBuilder()
                       .value(unix_message())
                       .attribute_text(UNIX_DIAG_NAME, "/run/x\0"sv)
                       .attribute_value(UNIX_DIAG_PEER, std::uint32_t{4712})
                       .attribute_value(UNIX_DIAG_RQLEN, unix_diag_rqlen{1, 2})
                       .bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto part = cut(whole, size);
    const auto socket = parse_unix_diag(part);
    CAPTURE(size);
    CHECK(socket.has_value() == (size >= sizeof(unix_diag_msg)));
    CHECK_FALSE((socket && socket->recv_queue));
    CHECK_FALSE((socket && socket->name && *socket->name != "/run/x"));
  }
}

TEST_CASE("a diag message of another family is no unix socket", "[recorder]") {
  unix_diag_msg message = unix_message();
  message.udiag_family = AF_INET;
  CHECK_FALSE(parse_unix_diag(std::as_bytes(std::span(&message, 1))));
}

TEST_CASE("a request asks for unix sockets in every state with name, peer, queues and uid", "[recorder]") {
  const auto request = std::bit_cast<unix_diag_req>(unix_diag_request());
  CHECK(request.sdiag_family == AF_UNIX);
  CHECK(request.sdiag_protocol == 0);
  CHECK(request.udiag_states == 0xffffffffU);
  CHECK(request.udiag_show == 0x55U);
}
