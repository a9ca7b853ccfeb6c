// SPDX-License-Identifier: MIT
#include "recorder/readers/ethtool_link_modes.h"

#include <catch2/catch.hpp>

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "recorder/readers/genetlink_family.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::uint16_t ethtool_number = 21;

std::vector<std::byte> family_message(std::uint16_t number, std::string_view name) {
  return NetlinkBuilder()
    .value(genlmsghdr{CTRL_CMD_NEWFAMILY, 2, 0})
    .attribute_text(CTRL_ATTR_FAMILY_NAME, std::string(name) + '\0')
    .attribute_value(CTRL_ATTR_FAMILY_ID, number)
    .bytes();
}

std::vector<std::byte> mode_message(std::uint32_t index, std::uint32_t speed, std::uint8_t duplex) {
  const auto device = NetlinkBuilder()
                        .attribute_value(ETHTOOL_A_HEADER_DEV_INDEX, index)
                        .attribute_text(ETHTOOL_A_HEADER_DEV_NAME, std::string_view("eth0\0", 5))
                        .bytes();
  return NetlinkBuilder()
    .value(genlmsghdr{ETHTOOL_MSG_LINKMODES_GET_REPLY, ETHTOOL_GENL_VERSION, 0})
    .attribute(NLA_F_NESTED | ETHTOOL_A_LINKMODES_HEADER, device)
    .attribute_value(ETHTOOL_A_LINKMODES_AUTONEG, std::uint8_t{1})
    .attribute_value(ETHTOOL_A_LINKMODES_SPEED, speed)
    .attribute_value(ETHTOOL_A_LINKMODES_DUPLEX, duplex)
    .bytes();
}

std::vector<std::byte> link_message(std::int32_t index) {
  ifinfomsg header{};
  header.ifi_index = index;
  const std::array<std::uint64_t, 23> statistics{};
  return NetlinkBuilder()
    .value(header)
    .attribute_text(IFLA_IFNAME, std::string_view("eth0\0", 5))
    .attribute_value(IFLA_STATS64, statistics)
    .bytes();
}

} // namespace

TEST_CASE("speed and duplex are read from ethtool's netlink, unknown ones are null", "[recorder]") {
  const LinkMode mode = parse_link_mode(mode_message(2, 1000, DUPLEX_HALF)).value();
  CHECK(mode.ifindex == 2);
  CHECK(mode.speed == 1000U);
  CHECK(mode.duplex == Duplex::half);
  CHECK(parse_link_mode(mode_message(2, 400'000, DUPLEX_FULL)).value().duplex == Duplex::full);
  const LinkMode unknown = parse_link_mode(mode_message(2, 0xffffffff, DUPLEX_UNKNOWN)).value();
  CHECK_FALSE(unknown.speed);
  CHECK_FALSE(unknown.duplex);
}

TEST_CASE("a message of link modes cut at any byte is refused or a shorter one, and one without index is refused",
          "[recorder]") {
  const auto message = mode_message(2, 1000, DUPLEX_FULL);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto mode = parse_link_mode(cut(message, size));
    CHECK((!mode || mode->ifindex == 2));
  }
  CHECK_FALSE(parse_link_mode(mode_message(0, 1000, DUPLEX_FULL)));
}

TEST_CASE("a generic netlink family has the number that stands by its name", "[recorder]") {
  const auto message = family_message(ethtool_number, "ethtool");
  CHECK(parse_family(message, "ethtool") == ethtool_number);
  CHECK_FALSE(parse_family(message, "ethtoo"));
  CHECK_FALSE(parse_family(message, "nlctrl"));
  for (std::size_t size = 0; size < message.size(); ++size) {
    CHECK_FALSE(parse_family(cut(message, size), "ethtool").value_or(ethtool_number) != ethtool_number);
  }
}

TEST_CASE("an interface has the speed of its index, and none where ethtool's netlink is not there", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().message(RTM_NEWLINK, 0, link_message(2)).done().bytes(), {}}};
  const auto speed = [&system] {
    const Snapshot snapshot = record_snapshot(system, {});
    CHECK(snapshot.find_capture("interface")->coverage == "link=netlink");
    return interfaces.row(*snapshot.find_table("interface"), 0).speed;
  };
  CHECK_FALSE(speed()); // no generic netlink
  system.dumps["genetlink-families"] = {
    {NetlinkBuilder().message(GENL_ID_CTRL, 0, family_message(16, "nlctrl")).done().bytes(), {}}};
  CHECK_FALSE(speed()); // a kernel before 5.6
  CHECK(record_snapshot(system, {}).find_capture("interface")->status == CaptureStatus::complete);
  system.dumps["genetlink-families"] = {
    {NetlinkBuilder().message(GENL_ID_CTRL, 0, family_message(ethtool_number, "ethtool")).done().bytes(), {}}};
  system.dumps["ethtool-linkmodes"] = {{NetlinkBuilder()
                                          .message(ethtool_number, 0, mode_message(1, 10, DUPLEX_FULL))
                                          .message(ethtool_number, 0, mode_message(2, 2500, DUPLEX_FULL))
                                          .message(ethtool_number, 0, {})
                                          .done()
                                          .bytes(),
                                        {}}};
  CHECK(speed() == 2500U);
  CHECK(record_snapshot(system, {}).find_capture("interface")->rejected == 1);
  system.dumps["ethtool-linkmodes"] = {{{}, {EPERM, false}}};
  CHECK_FALSE(speed());
  CHECK_THAT(record_snapshot(system, {}).find_capture("interface")->detail, Catch::Contains("speed and duplex"));
}
