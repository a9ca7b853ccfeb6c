// SPDX-License-Identifier: MIT
#include "recorder/readers/multicast_route_reader.h"

#include <catch2/catch.hpp>

#include <linux/rtnetlink.h>

#include "recorder/readers/proc_net_mr_cache.h"
#include "recorder/readers/rtnetlink_multicast_route.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const InterfaceNames names = {0, {{2, "g1"}, {3, "br0"}, {4, "s1"}}};
const std::map<int, std::string> vifs = {{0, "g1"}, {1, "br0"}, {2, "s1"}};
constexpr std::uint64_t boottime_ms = 5'000'000;

/// As mr_fill_mroute makes it.
std::vector<std::byte> route_message(int family, const char* source, const char* group, bool resolved = true) {
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(family);
  header.rtm_table = RT_TABLE_DEFAULT;
  header.rtm_type = RTN_MULTICAST;
  header.rtm_protocol = RTPROT_MROUTED;
  header.rtm_flags = resolved ? 0 : RTNH_F_UNRESOLVED;
  NetlinkBuilder builder;
  builder.value(header)
    .attribute_value(RTA_TABLE, std::uint32_t{RT_TABLE_DEFAULT})
    .attribute_text(RTA_SRC, parse_ip_address(source).value().bytes())
    .attribute_text(RTA_DST, parse_ip_address(group).value().bytes());
  if (resolved) {
    const std::array<rtnexthop, 2> hops = {{{sizeof(rtnexthop), 0, 1, 3}, {sizeof(rtnexthop), 0, 5, 4}}};
    builder.attribute_value(RTA_IIF, std::uint32_t{2})
      .attribute_value(RTA_MULTIPATH, hops)
      .attribute_value(RTA_MFC_STATS, rta_mfc_stats{3, 300, 1})
      .attribute_value(RTA_EXPIRES, std::uint64_t{200});
  }
  return builder.bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<MulticastRoute> rows;
};

template <typename Add>
Parsed collect(Add&& add) {
  MulticastRouteRows rows(multicast_routes);
  const Verdict verdict = add(rows);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(multicast_routes.row(table, i));
  }
  return parsed;
}

Parsed parse(std::span<const std::byte> payload, int family = RTNL_FAMILY_IPMR) {
  return collect(
    [&](MulticastRouteRows& rows) { return add_multicast_route_message(rows, payload, family, names, boottime_ms); });
}

Parsed parse_line(std::string_view line) {
  return collect([&](MulticastRouteRows& rows) { return add_mr_cache_line(rows, line, vifs); });
}

} // namespace

TEST_CASE("a multicast route is read with its interfaces and counters", "[recorder]") {
  const auto parsed = parse(route_message(RTNL_FAMILY_IPMR, "10.77.2.2", "232.77.0.1"));
  REQUIRE(parsed.rows.size() == 1);
  const MulticastRoute& row = parsed.rows[0];
  CHECK(row.table == 253);
  CHECK(format_ip_address(row.source) == "10.77.2.2");
  CHECK(format_ip_address(row.group) == "232.77.0.1");
  CHECK(row.in_interface == "g1");
  CHECK(row.out_interfaces == "br0 s1/5");
  CHECK(row.packets == 3U);
  CHECK(row.bytes == 300U);
  CHECK(row.wrong_interface == 1U);
  CHECK(row.used == boottime_ms - 2000);
  CHECK_FALSE(row.unresolved);
  const auto waiting =
    parse(route_message(RTNL_FAMILY_IP6MR, "fd77:2::2", "ff3e::1", false), RTNL_FAMILY_IP6MR).rows.at(0);
  CHECK(waiting.unresolved);
  CHECK_FALSE(waiting.in_interface);
  CHECK_FALSE(waiting.packets);
}

TEST_CASE("a message of another family is no multicast route, and one cut at any byte is refused or one row",
          "[recorder]") {
  const auto message = route_message(RTNL_FAMILY_IPMR, "10.77.2.2", "232.77.0.1");
  CHECK(parse(message, RTNL_FAMILY_IP6MR).verdict == Verdict::skipped);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse(cut(message, size));
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
    CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(rtmsg) + 24));
  }
}

// Made from the printf formats of net/ipv4/ipmr.c and net/ipv6/ip6mr.c.
TEST_CASE("lines of the multicast forwarding cache are routes with the names of its interfaces", "[recorder]") {
  CHECK(parse_line("Group    Origin   Iif     Pkts    Bytes    Wrong Oifs").verdict == Verdict::heading);
  const auto v4 = parse_line("01004DE8 02024D0A 0          3      300        1  1:1    2:5  ");
  REQUIRE(v4.rows.size() == 1);
  CHECK(format_ip_address(v4.rows[0].group) == "232.77.0.1");
  CHECK(format_ip_address(v4.rows[0].source) == "10.77.2.2");
  CHECK(v4.rows[0].in_interface == "g1");
  CHECK(v4.rows[0].out_interfaces == "br0 s1/5");
  CHECK(v4.rows[0].bytes == 300U);
  const auto v6 = parse_line("ff3e:0000:0000:0000:0000:0000:0000:0001 fd77:0002:0000:0000:0000:0000:0000:0002 -1"
                             "         0        0        0");
  CHECK(v6.rows.at(0).unresolved);
  CHECK_FALSE(v6.rows.at(0).packets);
  CHECK(parse_line("01004DE8 02024D0A 7 3 300 1").rows.at(0).in_interface == "vif7");
  for (const char* bad : {"", "01004DE8 02024D0A 0 3 300", "01004DE8 x 0 3 300 1", "01004DE8 02024D0A 0 3 300 1 5"}) {
    CHECK(parse_line(bad).verdict == Verdict::rejected);
  }
  CHECK(parse_mr_vif_line(" 0 g1              300       3         0       0 00000 0102030A 00000000")->name == "g1");
  CHECK_FALSE(parse_mr_vif_line("Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote"));
}

TEST_CASE("multicast routes come from netlink, else from the files", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().done().bytes(), {}}};
  system.dumps["rtnetlink-mroute-inet"] = {
    {NetlinkBuilder()
       .message(RTM_NEWROUTE, NLM_F_MULTI, route_message(RTNL_FAMILY_IPMR, "10.77.2.2", "232.77.0.1"))
       .done()
       .bytes(),
     {}}};
  system.files["/proc/net/ip6_mr_cache"] = {0, "Group Origin Iif Pkts Bytes Wrong Oifs\nff3e::1 fd77::1 0 1 2 3 0:1\n"};
  system.files["/proc/net/ip6_mr_vif"] = {0, " 0 g1 1 2 3 4 00000\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("multicast_route")->coverage == "inet=netlink inet6=proc");
  CHECK(snapshot.find_capture("multicast_route")->status == CaptureStatus::partial);
  const Table& table = *snapshot.find_table("multicast_route");
  REQUIRE(table.size() == 2);
  CHECK(multicast_routes.row(table, 1).out_interfaces == "g1");
}
