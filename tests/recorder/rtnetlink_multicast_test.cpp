// SPDX-License-Identifier: MIT
#include "recorder/readers/rtnetlink_multicast.h"

#include <catch2/catch.hpp>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const InterfaceNames names = {0, {{2, "eth0"}}};

std::vector<std::byte> group_message(int family, const char* group, std::uint32_t index = 2) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(family);
  header.ifa_index = index;
  const IpAddress address = parse_ip_address(group).value();
  const ifa_cacheinfo joined{0xffffffff, 0xffffffff, 100, 100};
  return NetlinkBuilder()
    .value(header)
    .attribute_text(IFA_MULTICAST, address.bytes())
    .attribute_value(IFA_CACHEINFO, joined)
    .bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<MulticastGroup> rows;
};

Parsed parse(std::span<const std::byte> payload, int family) {
  MulticastRows rows(multicast_groups);
  const Verdict verdict = add_multicast_message(rows, payload, family, names);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(multicast_groups.row(table, i));
  }
  return parsed;
}

} // namespace

TEST_CASE("a group is read from netlink, without its users", "[recorder]") {
  const auto parsed = parse(group_message(AF_INET6, "ff02::fb"), AF_INET6);
  REQUIRE(parsed.rows.size() == 1);
  CHECK(parsed.rows[0].interface == "eth0");
  CHECK(format_ip_address(parsed.rows[0].group) == "ff02::fb");
  CHECK_FALSE(parsed.rows[0].users);
  CHECK_FALSE(parsed.rows[0].report_expires);
  CHECK(parse(group_message(AF_INET, "224.0.0.1", 9), AF_INET).rows.at(0).interface == "if9");
}

TEST_CASE("a group message of another family is skipped, and one cut at any byte refused or one row", "[recorder]") {
  const auto message = group_message(AF_INET, "224.0.0.1");
  CHECK(parse(message, AF_INET6).verdict == Verdict::skipped);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse(cut(message, size), AF_INET);
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
    CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(ifaddrmsg) + 8));
  }
  CHECK(parse(group_message(AF_INET, "ff02::1"), AF_INET).verdict == Verdict::rejected); // an address of IPv6
  CHECK(parse(group_message(AF_INET6, "224.0.0.1"), AF_INET6).verdict == Verdict::rejected);
}

TEST_CASE("groups come from netlink where /proc does not answer, for each family", "[recorder]") {
  FakeSystem system;
  const auto answer = [](const std::vector<std::byte>& message) {
    return std::deque<FakeDump>{{NetlinkBuilder().message(RTM_GETMULTICAST, NLM_F_MULTI, message).done().bytes(), {}}};
  };
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().done().bytes(), {}}};
  system.dumps["rtnetlink-multicast-inet"] = answer(group_message(AF_INET, "224.0.0.1"));
  system.dumps["rtnetlink-multicast-inet6"] = answer(group_message(AF_INET6, "ff02::1"));
  system.files["/proc/net/igmp6"] = {0, "2    eth0            ff020000000000000000000000000001     3 00000004 0\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("multicast_group");
  CHECK(capture.coverage == "igmp=netlink igmp6=proc");
  CHECK(capture.source == "netlink+proc");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK_THAT(capture.detail, Catch::Contains("neither the users"));
  const Table& table = *snapshot.find_table("multicast_group");
  REQUIRE(table.size() == 2);
  CHECK_FALSE(multicast_groups.row(table, 0).users);
  CHECK(multicast_groups.row(table, 1).users == 3U);

  // A kernel before 6.14 tells no IPv4 groups.
  system.dumps["rtnetlink-multicast-inet"] = {{{}, {EOPNOTSUPP, false}}};
  const Snapshot older = record_snapshot(system, {});
  CHECK(older.find_capture("multicast_group")->coverage == "igmp=absent igmp6=proc");
}
