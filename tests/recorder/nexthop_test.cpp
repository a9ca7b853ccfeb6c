// SPDX-License-Identifier: MIT
#include "recorder/readers/rtnetlink_nexthop.h"

#include <catch2/catch.hpp>

#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const InterfaceNames names = {0, {{2, "eth0"}}};

/// As nh_fill_node makes it.
std::vector<std::byte> gateway_message() {
  const nhmsg header{AF_INET, RT_SCOPE_UNIVERSE, RTPROT_STATIC, 0, RTNH_F_ONLINK};
  return NetlinkBuilder()
    .value(header)
    .attribute_value(NHA_ID, std::uint32_t{15})
    .attribute_value(NHA_OIF, std::uint32_t{2})
    .attribute_text(NHA_GATEWAY, parse_ip_address("10.77.1.1").value().bytes())
    .bytes();
}

std::vector<std::byte> group_message() {
  const std::array<nexthop_grp, 2> members = {{{15, 0, 0, 0}, {16, 2, 0, 0}}};
  return NetlinkBuilder()
    .value(nhmsg{})
    .attribute_value(NHA_ID, std::uint32_t{99})
    .attribute_value(NHA_GROUP_TYPE, std::uint16_t{NEXTHOP_GRP_TYPE_RES})
    .attribute_value(NHA_GROUP, members)
    .bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<Nexthop> rows;
};

Parsed parse(std::span<const std::byte> payload) {
  NexthopRows rows(nexthops);
  const Verdict verdict = add_nexthop_message(rows, payload, names);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(nexthops.row(table, i));
  }
  return parsed;
}

} // namespace

TEST_CASE("a nexthop and a group of nexthops are read", "[recorder]") {
  const Nexthop gateway = parse(gateway_message()).rows.at(0);
  CHECK(gateway.id == 15);
  CHECK(gateway.family == IpFamily::ipv4);
  CHECK(gateway.interface == "eth0");
  CHECK(format_ip_address(gateway.gateway.value()) == "10.77.1.1");
  CHECK(gateway.protocol == RouteProtocol::static_route);
  CHECK(gateway.flags.has(RouteFlag::onlink));
  CHECK_FALSE(gateway.group);
  CHECK_FALSE(gateway.blackhole);
  const Nexthop group = parse(group_message()).rows.at(0);
  CHECK(group.family == IpFamily::none);
  CHECK(group.group == "15,16/3");
  CHECK(group.group_type == NexthopGroupType::resilient);
  const auto blackhole =
    NetlinkBuilder().value(nhmsg{}).attribute_value(NHA_ID, std::uint32_t{3}).attribute(NHA_BLACKHOLE, {}).bytes();
  CHECK(parse(blackhole).rows.at(0).blackhole);
}

TEST_CASE("a nexthop message cut at any byte is refused or one row", "[recorder]") {
  for (const auto& message : {gateway_message(), group_message()}) {
    for (std::size_t size = 0; size < message.size(); ++size) {
      const auto parsed = parse(cut(message, size));
      CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
      CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(nhmsg) + 8));
    }
  }
}

TEST_CASE("nexthops are recorded, and absent on kernels before 5.3", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().done().bytes(), {}}};
  system.dumps["rtnetlink-nexthop"] = {{NetlinkBuilder()
                                          .message(RTM_NEWNEXTHOP, NLM_F_MULTI, gateway_message())
                                          .message(RTM_NEWNEXTHOP, NLM_F_MULTI, group_message())
                                          .done()
                                          .bytes(),
                                        {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("nexthop")->status == CaptureStatus::complete);
  CHECK(snapshot.find_table("nexthop")->size() == 2);
  system.dumps["rtnetlink-nexthop"] = {{{}, {EOPNOTSUPP, false}}};
  CHECK(record_snapshot(system, {}).find_capture("nexthop")->status == CaptureStatus::absent);
}
