// SPDX-License-Identifier: MIT
#include "recorder/readers/rtnetlink_route.h"

#include <catch2/catch.hpp>

#include <linux/rtnetlink.h>

#include "tests/recorder/diag_message.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::uint64_t boottime_ms = 100'000;

const InterfaceNames names = {0, {{1, "lo"}, {2, "wan0"}, {3, "lan0"}}};

rtmsg header(int family, std::uint8_t prefix_length, std::uint8_t type = RTN_UNICAST) {
  rtmsg message{};
  message.rtm_family = static_cast<std::uint8_t>(family);
  message.rtm_dst_len = prefix_length;
  message.rtm_table = RT_TABLE_MAIN;
  message.rtm_protocol = RTPROT_STATIC;
  message.rtm_scope = RT_SCOPE_UNIVERSE;
  message.rtm_type = type;
  return message;
}

in_addr v4(const char* text) {
  in_addr address{};
  REQUIRE(::inet_pton(AF_INET, text, &address) == 1);
  return address;
}

in6_addr v6(const char* text) {
  in6_addr address{};
  REQUIRE(::inet_pton(AF_INET6, text, &address) == 1);
  return address;
}

struct Parsed {
  Verdict verdict;
  std::vector<Route> rows;
};

Parsed parse(std::span<const std::byte> payload) {
  RouteRows rows(routes);
  const Verdict verdict = add_route_message(rows, payload, names, boottime_ms);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(routes.row(table, i));
  }
  return parsed;
}

std::vector<std::byte> hop(int ifindex, std::uint8_t weight, std::uint8_t flags, const char* gateway) {
  const auto attributes = NetlinkBuilder().attribute_value(RTA_GATEWAY, v4(gateway)).bytes();
  const rtnexthop next{static_cast<std::uint16_t>(sizeof(rtnexthop) + attributes.size()), flags,
                       static_cast<std::uint8_t>(weight - 1), ifindex};
  return NetlinkBuilder().value(next).raw(attributes).bytes();
}

std::vector<std::byte> multipath_route() {
  const auto hops = NetlinkBuilder().raw(hop(2, 1, 0, "10.0.0.1")).raw(hop(3, 5, RTNH_F_LINKDOWN, "10.0.1.1")).bytes();
  return NetlinkBuilder()
    .value(header(AF_INET, 24))
    .attribute_value(RTA_TABLE, std::uint32_t{1000})
    .attribute_value(RTA_DST, v4("10.9.0.0"))
    .attribute_value(RTA_PRIORITY, std::uint32_t{50})
    .attribute(RTA_MULTIPATH, hops)
    .bytes();
}

std::vector<std::byte> rich_route() {
  const auto metrics = NetlinkBuilder()
                         .attribute_value(RTAX_LOCK, std::uint32_t{1U << RTAX_MTU})
                         .attribute_value(RTAX_MTU, std::uint32_t{1400})
                         .attribute_value(RTAX_ADVMSS, std::uint32_t{1360})
                         .attribute_value(RTAX_RTO_MIN, std::uint32_t{200})
                         .attribute_text(RTAX_CC_ALGO, std::string_view("bbr\0", 4))
                         .bytes();
  rta_cacheinfo cache{};
  cache.rta_expires = 600;
  return NetlinkBuilder()
    .value(header(AF_INET6, 64))
    .attribute_value(RTA_DST, v6("fd77:9::"))
    .attribute_value(RTA_GATEWAY, v6("fe80::1"))
    .attribute_value(RTA_OIF, std::uint32_t{2})
    .attribute_value(RTA_PRIORITY, std::uint32_t{1024})
    .attribute_value(RTA_PREFSRC, v6("fd77:1::2"))
    .attribute_value(RTA_PREF, std::uint8_t{1})
    .attribute(RTA_METRICS, metrics)
    .attribute_value(RTA_CACHEINFO, cache)
    .bytes();
}

} // namespace

TEST_CASE("a default route is one row with its gateway and interface", "[recorder]") {
  rtmsg message = header(AF_INET, 0);
  message.rtm_flags = RTNH_F_ONLINK;
  const auto parsed = parse(NetlinkBuilder()
                              .value(message)
                              .attribute_value(RTA_TABLE, std::uint32_t{254})
                              .attribute_value(RTA_GATEWAY, v4("203.0.113.1"))
                              .attribute_value(RTA_OIF, std::uint32_t{2})
                              .attribute_value(RTA_FLOW, std::uint32_t{0x00010002})
                              .attribute_value(RTA_NH_ID, std::uint32_t{7})
                              .bytes());
  REQUIRE(parsed.verdict == Verdict::kept);
  REQUIRE(parsed.rows.size() == 1);
  const Route& route = parsed.rows[0];
  CHECK(format_ip_address(route.destination) == "0.0.0.0");
  CHECK(route.prefix_length == 0);
  CHECK(route.table == 254);
  CHECK(format_ip_address(route.gateway.value()) == "203.0.113.1");
  CHECK(route.interface == "wan0");
  CHECK(route.protocol == RouteProtocol::static_route);
  CHECK(route.scope == RouteScope::universe);
  CHECK(route.flags.has(RouteFlag::onlink));
  CHECK(route.realms == 0x00010002U);
  CHECK(route.nexthop_id == 7U);
  CHECK_FALSE(route.hop);
  CHECK_FALSE(route.weight);
  CHECK_FALSE(route.mtu);
  CHECK_FALSE(route.expires);
}

TEST_CASE("an IPv6 route keeps metrics, preference and its absolute expiry", "[recorder]") {
  const auto parsed = parse(rich_route());
  REQUIRE(parsed.rows.size() == 1);
  const Route& route = parsed.rows[0];
  CHECK(format_ip_address(route.destination) == "fd77:9::");
  CHECK(route.metric == 1024);
  CHECK(format_ip_address(route.preferred_source.value()) == "fd77:1::2");
  CHECK(route.preference == RoutePreference::high);
  CHECK(route.mtu == 1400U);
  CHECK(route.locked_metrics == 1U << RTAX_MTU);
  CHECK(route.advmss == 1360U);
  CHECK(route.rto_min == 200U);
  CHECK(route.congestion_control == "bbr");
  CHECK(route.expires == boottime_ms + 6000);
}

TEST_CASE("each hop of a multipath route is a row with its ordinal and weight", "[recorder]") {
  const auto parsed = parse(multipath_route());
  REQUIRE(parsed.rows.size() == 2);
  CHECK(parsed.rows[0].table == 1000);
  CHECK(parsed.rows[0].hop == 0);
  CHECK(parsed.rows[0].weight == 1);
  CHECK(parsed.rows[0].interface == "wan0");
  CHECK(format_ip_address(parsed.rows[0].gateway.value()) == "10.0.0.1");
  CHECK(parsed.rows[1].hop == 1);
  CHECK(parsed.rows[1].weight == 5);
  CHECK(parsed.rows[1].interface == "lan0");
  CHECK(parsed.rows[1].flags.has(RouteFlag::linkdown));
  CHECK(parsed.rows[1].metric == 50);
}

TEST_CASE("a gateway of the other family comes from RTA_VIA", "[recorder]") {
  const auto via = NetlinkBuilder().value(std::uint16_t{AF_INET6}).value(v6("fe80::5")).bytes();
  const auto parsed = parse(NetlinkBuilder().value(header(AF_INET, 0)).attribute(RTA_VIA, via).bytes());
  REQUIRE(parsed.rows.size() == 1);
  CHECK(format_ip_address(parsed.rows[0].gateway.value()) == "fe80::5");
}

TEST_CASE("a blackhole has neither gateway nor interface", "[recorder]") {
  const auto parsed =
    parse(NetlinkBuilder().value(header(AF_INET, 8, RTN_BLACKHOLE)).attribute_value(RTA_DST, v4("10.0.0.0")).bytes());
  REQUIRE(parsed.rows.size() == 1);
  CHECK(parsed.rows[0].type == RouteType::blackhole);
  CHECK_FALSE(parsed.rows[0].gateway);
  CHECK_FALSE(parsed.rows[0].interface);
}

TEST_CASE("a route may have expired shortly before it was listed", "[recorder]") {
  rta_cacheinfo cache{};
  cache.rta_expires = -5;
  const auto message = NetlinkBuilder().value(header(AF_INET6, 0)).attribute_value(RTA_CACHEINFO, cache).bytes();
  CHECK(parse(message).rows.at(0).expires == boottime_ms - 50);
}

TEST_CASE("cached routes and other families are skipped", "[recorder]") {
  rtmsg cached = header(AF_INET, 32);
  cached.rtm_flags = RTM_F_CLONED;
  CHECK(parse(bytes_of(cached)).verdict == Verdict::skipped);
  CHECK(parse(bytes_of(header(AF_PACKET, 0))).verdict == Verdict::skipped);
}

TEST_CASE("a route message cut at any byte is refused whole or read within its bytes", "[recorder]") {
  for (const auto& whole : {multipath_route(), rich_route()}) {
    const std::size_t rows = parse(whole).rows.size();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto part = cut(whole, size);
      const auto parsed = parse(part);
      CAPTURE(size);
      CHECK(parsed.rows.empty() == (parsed.verdict != Verdict::kept));
      CHECK(parsed.rows.size() <= rows);
    }
  }
}

TEST_CASE("attributes of a wrong size are refused", "[recorder]") {
  for (const int type : {RTA_TABLE, RTA_PRIORITY, RTA_OIF, RTA_FLOW, RTA_NH_ID, RTA_DST, RTA_SRC, RTA_GATEWAY,
                         RTA_PREFSRC, RTA_VIA, RTA_CACHEINFO}) {
    CAPTURE(type);
    CHECK(parse(NetlinkBuilder().value(header(AF_INET, 0)).attribute_value(type, std::uint16_t{1}).bytes()).verdict
          == Verdict::rejected);
  }
  CHECK(parse(NetlinkBuilder().value(header(AF_INET, 0)).attribute(RTA_PREF, {}).bytes()).verdict == Verdict::rejected);
}

TEST_CASE("a prefix longer than an address, and an address of the other family, are refused", "[recorder]") {
  CHECK(parse(bytes_of(header(AF_INET, 33))).verdict == Verdict::rejected);
  CHECK(parse(bytes_of(header(AF_INET6, 129))).verdict == Verdict::rejected);
  CHECK(parse(bytes_of(header(AF_INET6, 128))).verdict == Verdict::kept);
  for (const int type : {RTA_DST, RTA_SRC, RTA_GATEWAY, RTA_PREFSRC}) {
    CHECK(parse(NetlinkBuilder().value(header(AF_INET, 0)).attribute_value(type, v6("fd00::1")).bytes()).verdict
          == Verdict::rejected);
  }
}

TEST_CASE("a hop length of 0 neither hangs nor adds rows", "[recorder]") {
  for (const std::uint16_t length : {std::uint16_t{0}, std::uint16_t{7}, std::uint16_t{0xffff}}) {
    const auto good = hop(2, 1, 0, "10.0.0.1");
    const auto hops = NetlinkBuilder().raw(good).value(rtnexthop{length, 0, 0, 1}).bytes();
    const auto parsed = parse(NetlinkBuilder().value(header(AF_INET, 0)).attribute(RTA_MULTIPATH, hops).bytes());
    CHECK(parsed.verdict == Verdict::rejected);
    CHECK(parsed.rows.empty());
  }
}

TEST_CASE("interface names are found by index", "[recorder]") {
  CHECK(names.find(3) == "lan0");
  CHECK_FALSE(names.find(0));
  CHECK_FALSE(names.find(4));
}
