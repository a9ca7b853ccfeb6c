// SPDX-License-Identifier: MIT
#include "recorder/readers/proc_net_route.h"

#include <catch2/catch.hpp>

#include <string>

using namespace hindstat;

namespace {

struct Parsed {
  Verdict verdict;
  std::vector<Route> rows;
};

template <typename Add>
Parsed parse(Add add, std::string_view line) {
  RouteRows rows(routes);
  const Verdict verdict = add(rows, line);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(routes.row(table, i));
  }
  return parsed;
}

const std::string default_route = "c0\t00000000\t01014D0A\t0003\t0\t0\t100\t00000000\t1440\t0\t25       ";
const std::string blackhole = "*\t00144D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0";
const std::string unreachable = "*\t00144D0A\t00000000\t0201\t0\t0\t0\t00FFFFFF\t0\t0\t0";
const std::string route6 = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                           "fe800000000000000000000000000001 00000400 00000004 00000000 00000003       c0";
const std::string local6 = "fd770001000000000000000000000002 80 00000000000000000000000000000000 00 "
                           "00000000000000000000000000000000 00000000 00000003 00000000 80200001       c0";

} // namespace

TEST_CASE("a default route is read from /proc/net/route", "[recorder]") {
  const auto parsed = parse(add_proc_route, default_route);
  REQUIRE(parsed.rows.size() == 1);
  const Route& route = parsed.rows[0];
  CHECK(route.table == 254);
  CHECK(route.prefix_length == 0);
  CHECK(format_ip_address(route.gateway.value()) == "10.77.1.1");
  CHECK(route.interface == "c0");
  CHECK(route.metric == 100);
  CHECK(route.advmss == 1400U); // the kernel shows 40 more as "MTU"
  CHECK(route.rtt == 200U);     // 1/8 ms
  CHECK_FALSE(route.mtu);
  CHECK_FALSE(route.protocol);
}

TEST_CASE("rejecting routes of /proc/net/route have no interface", "[recorder]") {
  const auto black = parse(add_proc_route, blackhole).rows.at(0);
  CHECK(black.type == RouteType::blackhole);
  CHECK(black.prefix_length == 24);
  CHECK_FALSE(black.interface);
  CHECK(parse(add_proc_route, unreachable).rows.at(0).type == RouteType::unreachable);
}

TEST_CASE("routes are read from /proc/net/ipv6_route", "[recorder]") {
  const auto route = parse(add_proc_route6, route6).rows.at(0);
  CHECK(format_ip_address(route.destination) == "::");
  CHECK(format_ip_address(route.gateway.value()) == "fe80::1");
  CHECK(route.metric == 1024);
  CHECK(route.interface == "c0");
  CHECK(route.type == RouteType::unicast);
  CHECK_FALSE(route.source);
  const auto local = parse(add_proc_route6, local6).rows.at(0);
  CHECK(local.type == RouteType::local);
  CHECK(local.prefix_length == 128);
}

TEST_CASE("cached IPv6 routes and the null entry are skipped", "[recorder]") {
  const std::string zeros(32, '0');
  CHECK(
    parse(add_proc_route6, zeros + " 00 " + zeros + " 00 " + zeros + " ffffffff 00000001 00000000 00200200 lo").verdict
    == Verdict::skipped);
  std::string cached = route6;
  cached.replace(cached.rfind("00000003"), 8, "01000003");
  CHECK(parse(add_proc_route6, cached).verdict == Verdict::skipped);
}

TEST_CASE("a route line cut at any byte is refused or is one row", "[recorder]") {
  for (std::size_t size = 0; size < default_route.size(); ++size) {
    const auto parsed = parse(add_proc_route, default_route.substr(0, size));
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
  }
  for (std::size_t size = 0; size + 2 < route6.size(); ++size) {
    CHECK(parse(add_proc_route6, route6.substr(0, size)).verdict == Verdict::rejected);
  }
}

TEST_CASE("lines that are not routes are refused", "[recorder]") {
  const std::vector<std::string> lines = {
    "",
    "Iface\tGateway\tDestination\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "c0\t0\t0\t0003\t0\t0\t0\t00000000\t0\t0\t0",               // addresses that are not 8 digits
    "c0\t00000000\t00000000\t0003\t0\t0\t0\t00FF00FF\t0\t0\t0", // a mask with a gap
    "c0\t00000000\t00000000\tzz\t0\t0\t0\t00000000\t0\t0\t0",
    std::string(100'000, 'f'),
    std::string("\0\0\0", 3)};
  for (const std::string& line : lines) {
    CAPTURE(line.substr(0, 100));
    CHECK(parse(add_proc_route, line).verdict == Verdict::rejected);
    CHECK(parse(add_proc_route6, line).verdict == Verdict::rejected);
  }
}

TEST_CASE("the heading of /proc/net/route is no route", "[recorder]") {
  const auto parsed =
    parse(add_proc_route, "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ");
  CHECK(parsed.verdict == Verdict::heading);
  CHECK(parsed.rows.empty());
  CHECK(parse(add_proc_route, "Iface" + default_route.substr(2)).verdict == Verdict::kept); // an interface of that name
}
