// SPDX-License-Identifier: MIT
#include "recorder/netlink_message.h"

#include <catch2/catch.hpp>

#include <cerrno>

#include "tests/recorder/diag_message.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const std::string_view payload_text = "abcde";

std::vector<std::byte> two_messages() {
  const auto payload = std::as_bytes(std::span(payload_text));
  return NetlinkBuilder().message(20, 2, payload).message(21, 0, {}).bytes();
}

} // namespace

TEST_CASE("messages of a datagram are walked with their padding", "[recorder]") {
  const auto datagram = two_messages();
  NetlinkMessages messages(datagram);
  const auto first = messages.next();
  REQUIRE(first);
  CHECK(first->type == 20);
  CHECK(first->flags == 2);
  CHECK(first->sequence == 1);
  CHECK(first->payload.size() == payload_text.size());
  const auto second = messages.next();
  REQUIRE(second);
  CHECK(second->type == 21);
  CHECK(second->payload.empty());
  CHECK_FALSE(messages.next());
  CHECK_FALSE(messages.malformed());
}

TEST_CASE("a datagram cut at any byte yields only whole messages", "[recorder]") {
  const auto datagram = two_messages();
  for (std::size_t size = 0; size < datagram.size(); ++size) {
    const auto part = cut(datagram, size);
    NetlinkMessages messages(part);
    std::size_t count = 0;
    while (messages.next()) {
      ++count;
    }
    CAPTURE(size);
    CHECK(count == (size >= sizeof(nlmsghdr) + payload_text.size() ? 1U : 0U));
  }
}

TEST_CASE("a message length that is too small or too large ends the walk", "[recorder]") {
  for (const std::uint32_t length : {0U, 1U, 15U, 17U, 0xffffffffU}) {
    const auto bytes = NetlinkBuilder().value(nlmsghdr{length, 20, 0, 1, 0}).bytes();
    NetlinkMessages messages(bytes);
    CHECK_FALSE(messages.next());
    CHECK(messages.malformed());
  }
}

TEST_CASE("attributes are walked, without their type's upper bits", "[recorder]") {
  const auto bytes =
    NetlinkBuilder().attribute_value(7 | NLA_F_NESTED, std::uint32_t{42}).attribute_text(8, "eth0").bytes();
  NetlinkAttributes attributes(bytes);
  const auto first = attributes.next();
  REQUIRE(first);
  CHECK(first->type == 7);
  CHECK(load_value<std::uint32_t>(first->value) == 42U);
  CHECK(attributes.next()->value.size() == 4);
  CHECK_FALSE(attributes.next());
  CHECK_FALSE(attributes.malformed());
}

TEST_CASE("attributes with a length that does not fit end the walk", "[recorder]") {
  for (const std::uint16_t length : {std::uint16_t{0}, std::uint16_t{3}, std::uint16_t{9}, std::uint16_t{0xffff}}) {
    const auto bytes = NetlinkBuilder().value(nlattr{length, 1}).value(std::uint32_t{1}).bytes();
    NetlinkAttributes attributes(bytes);
    CHECK_FALSE(attributes.next());
    CHECK(attributes.malformed());
  }
}

TEST_CASE("a value is loaded only when all of it is there", "[recorder]") {
  const auto bytes = NetlinkBuilder().value(std::uint32_t{1}).value(std::uint32_t{2}).bytes();
  const std::span<const std::byte> whole(bytes);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CHECK(load_value<std::uint32_t>(whole.first(size)) == (size >= 4 ? std::optional(1U) : std::nullopt));
    CHECK(load_value<std::uint32_t>(whole.first(size), 4) == (size >= 8 ? std::optional(2U) : std::nullopt));
    CHECK(load_value<std::uint64_t>(whole.first(size)).has_value() == (size >= 8));
  }
  CHECK_FALSE(load_value<std::uint8_t>(bytes, ~std::size_t{0}));
}

TEST_CASE("the end of a dump is read from its control messages", "[recorder]") {
  CHECK_FALSE(dump_progress(NetlinkBuilder().message(20, NLM_F_MULTI, {}).bytes()).done);
  const auto done = dump_progress(NetlinkBuilder().message(20, 0, {}).done().bytes());
  CHECK(done.done);
  CHECK(done.error == 0);
  const auto refused = dump_progress(NetlinkBuilder().refusal(EPERM).bytes());
  CHECK(refused.done);
  CHECK(refused.error == EPERM);
  CHECK(dump_progress(NetlinkBuilder().done(NLM_F_DUMP_INTR).bytes()).interrupted);
  CHECK(dump_progress(NetlinkBuilder().message(20, NLM_F_DUMP_INTR, {}).done().bytes()).interrupted);
  CHECK(dump_progress(NetlinkBuilder().message(NLMSG_OVERRUN, 0, {}).bytes()).error == ENOBUFS);
}

TEST_CASE("control messages of another request are ignored", "[recorder]") {
  const auto bytes = NetlinkBuilder().refusal(EPERM).bytes(); // sequence 1, port 0
  CHECK(dump_progress(bytes, 1, 0).error == EPERM);
  CHECK_FALSE(dump_progress(bytes, 2, 0).done);
  CHECK_FALSE(dump_progress(bytes, 1, 99).done);
}

TEST_CASE("an error message with an impossible code is an error all the same", "[recorder]") {
  CHECK(dump_progress(NetlinkBuilder().message(NLMSG_ERROR, 0, {}).bytes()).error == EBADMSG);
  const int nonsense = 12345;
  CHECK(dump_progress(NetlinkBuilder().message(NLMSG_ERROR, 0, bytes_of(nonsense)).bytes()).error == EBADMSG);
  const int zero = 0;
  CHECK(dump_progress(NetlinkBuilder().message(NLMSG_ERROR, 0, bytes_of(zero)).bytes()).error == 0);
}
