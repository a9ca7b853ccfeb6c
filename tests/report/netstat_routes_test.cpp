// SPDX-License-Identifier: MIT
// The expected lines are those of net-tools 2.10 (`netstat -rn`, -rne, -rnee, -6rn) for routes that were really there;
// where they differ on purpose the test says so.
#include "report/netstat_routes.h"

#include <catch2/catch.hpp>
#include <string>

#include "tables/route.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

Route route(const char* destination, std::uint8_t prefix_length, const char* gateway, const char* interface) {
  Route made;
  made.destination = parse_ip_address(destination).value();
  made.prefix_length = prefix_length;
  if (gateway != nullptr) {
    made.gateway = parse_ip_address(gateway);
  }
  if (interface != nullptr) {
    made.interface = interface;
  }
  return made;
}

Route typed(Route made, RouteType type, std::uint32_t metric = 0) {
  made.type = type;
  made.metric = metric;
  return made;
}

Route in_table(Route made, std::uint32_t table) {
  made.table = table;
  return made;
}

std::vector<Route> lab_routes() {
  Route tuned = route("10.8.0.0", 16, "10.7.1.2", "v0");
  tuned.mtu = 1300;
  tuned.advmss = 1200;
  tuned.window = 4000;
  tuned.rtt = 400;
  Route first_hop = route("10.30.0.0", 16, "10.7.1.2", "v0");
  first_hop.hop = 0;
  Route second_hop = route("10.30.0.0", 16, "10.7.1.3", "v0");
  second_hop.hop = 1;
  Route v6_default = route("::", 0, "fd07:1::2", "v0");
  v6_default.metric = 100;
  Route v6_expiring = route("fd34::", 16, nullptr, "v0");
  v6_expiring.metric = 1024;
  v6_expiring.expires = 1'498'000;
  Route v6_local = in_table(typed(route("::1", 128, nullptr, "lo"), RouteType::local), 255);
  Route v6_multicast = in_table(typed(route("ff00::", 8, nullptr, "a-very-long-if"), RouteType::multicast, 256), 255);
  return {v6_multicast,
          v6_local,
          v6_expiring,
          v6_default,
          typed(route("fd22::1", 128, nullptr, "lo"), RouteType::prohibit, 1024),
          typed(route("fd20::", 16, nullptr, "lo"), RouteType::blackhole, 1024),
          typed(route("fd31::", 16, nullptr, "lo"), RouteType::unreachable, 0xFFFFFFFF),
          in_table(typed(route("10.7.1.255", 32, nullptr, "v0"), RouteType::broadcast), 255),
          in_table(route("10.31.0.0", 16, "10.7.1.2", "v0"), 100),
          route("10.40.0.0", 16, nullptr, "a-very-long-if"),
          route("10.32.0.0", 16, "fd07:1::2", "v0"),
          second_hop,
          first_hop,
          typed(route("10.23.0.0", 16, nullptr, nullptr), RouteType::throw_route),
          typed(route("10.22.0.1", 32, nullptr, nullptr), RouteType::prohibit),
          typed(route("10.21.0.0", 16, nullptr, nullptr), RouteType::unreachable, 5),
          typed(route("10.20.0.0", 16, nullptr, nullptr), RouteType::blackhole),
          route("10.9.0.1", 32, nullptr, "v0"),
          tuned,
          route("10.7.1.0", 24, nullptr, "v0"),
          typed(route("0.0.0.0", 0, "10.7.1.2", "v0"), RouteType::unicast, 100)};
}

Snapshot lab_snapshot() {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, routes, lab_routes());
  return snapshot;
}

std::string format_lab(bool ipv4, bool ipv6, int extend) {
  return format_routes(lab_snapshot(), RouteView{ipv4, ipv6, extend});
}

} // namespace

TEST_CASE("the IPv4 table looks as netstat -rn prints it", "[report]") {
  // On purpose: the second hop of 10.30.0.0 has its own line, and 10.32.0.0 shows its gateway (netstat: 0.0.0.0).
  CHECK(format_lab(false, false, 0)
        == "Kernel IP routing table\n"
           "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n"
           "0.0.0.0         10.7.1.2        0.0.0.0         UG        0 0          0 v0\n"
           "10.7.1.0        0.0.0.0         255.255.255.0   U         0 0          0 v0\n"
           "10.8.0.0        10.7.1.2        255.255.0.0     UG     1240 4000      50 v0\n"
           "10.9.0.1        0.0.0.0         255.255.255.255 UH        0 0          0 v0\n"
           "10.20.0.0       0.0.0.0         255.255.0.0     U         0 0          0 *\n"
           "10.21.0.0       -               255.255.0.0     !         - -          - -\n"
           "10.22.0.1       -               255.255.255.255 !H        - -          - -\n"
           "10.23.0.0       0.0.0.0         255.255.0.0     U         0 0          0 *\n"
           "10.30.0.0       10.7.1.2        255.255.0.0     UG        0 0          0 v0\n"
           "10.30.0.0       10.7.1.3        255.255.0.0     UG        0 0          0 v0\n"
           "10.32.0.0       fd07:1::2       255.255.0.0     UG        0 0          0 v0\n"
           "10.40.0.0       0.0.0.0         255.255.0.0     U         0 0          0 a-very-long-if\n");
}

TEST_CASE("with -e metrics are shown, with -ee everything", "[report]") {
  const std::string once = format_lab(true, false, 1);
  CHECK(once.find("Destination     Gateway         Genmask         Flags Metric Ref    Use Iface\n")
        != std::string::npos);
  CHECK(once.find("0.0.0.0         10.7.1.2        0.0.0.0         UG    100    0        0 v0\n") != std::string::npos);
  CHECK(once.find("10.21.0.0       -               255.255.0.0     !     5      -        0 -\n") != std::string::npos);
  CHECK(once.find("10.20.0.0       0.0.0.0         255.255.0.0     U     0      0        0 *\n") != std::string::npos);
  const std::string twice = format_lab(true, false, 2);
  CHECK(
    twice.find("Destination     Gateway         Genmask         Flags Metric Ref    Use Iface    MSS   Window irtt\n")
    != std::string::npos);
  CHECK(twice.find("10.8.0.0        10.7.1.2        255.255.0.0     UG    0      0        0 v0       1240  4000   50\n")
        != std::string::npos);
  CHECK(twice.find("10.21.0.0       -               255.255.0.0     !     5      -        0 -        -     -      -\n")
        != std::string::npos);
  // On purpose: netstat cuts this interface to a-very.
  CHECK(twice.find("U     0      0        0 a-very-long-if 0     0      0\n") != std::string::npos);
}

TEST_CASE("the IPv6 tables look as netstat -6rn prints them", "[report]") {
  // On purpose: Ref and Use are not recorded.
  CHECK(format_lab(false, true, 0)
        == "Kernel IPv6 routing table\n"
           "Destination                    Next Hop                   Flag Met Ref  Use If\n"
           "::/0                           fd07:1::2                  UG   100 -      - v0\n"
           "fd20::/16                      ::                         !n   1024 -      - lo\n"
           "fd22::1/128                    ::                         !n   1024 -      - lo\n"
           "fd31::/16                      ::                         !n   -1  -      - lo\n"
           "fd34::/16                      ::                         Ue   1024 -      - v0\n"
           "::1/128                        ::                         Un   0   -      - lo\n"
           "ff00::/8                       ::                         U    256 -      - a-very-long-if\n"
           "::/0                           ::                         !n   -1  -      - lo\n");
}

TEST_CASE("a route over loopback to what is elsewhere rejects, and tables without default end in the null entry",
          "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, routes,
            {typed(route("fd77:9::9", 128, nullptr, "lo"), RouteType::unicast, 256),
             in_table(typed(route("fd77:9::9", 128, nullptr, "lo"), RouteType::local), 255),
             in_table(typed(route("::", 0, "fd77::1", "v0"), RouteType::unicast, 1024), 100)});
  // Tables 254 and 255 have no default route.
  CHECK(format_routes(snapshot, RouteView{false, true, 0})
        == "Kernel IPv6 routing table\n"
           "Destination                    Next Hop                   Flag Met Ref  Use If\n"
           "::/0                           fd77::1                    UG   1024 -      - v0\n"
           "fd77:9::9/128                  ::                         !n   256 -      - lo\n"
           "fd77:9::9/128                  ::                         Un   0   -      - lo\n"
           "::/0                           ::                         !n   -1  -      - lo\n"
           "::/0                           ::                         !n   -1  -      - lo\n");
}

TEST_CASE("with -4 and -6 both families are shown", "[report]") {
  CHECK(format_lab(true, true, 0) == format_lab(true, false, 0) + format_lab(false, true, 0));
}

TEST_CASE("rows of every table and family are selected unless one family is asked for", "[report]") {
  const Table table = made_table(routes, lab_routes());
  CHECK(select_routes(table, RouteView{}).size() == table.size());
  CHECK(select_routes(table, RouteView{true, true, 0}).size() == table.size());
  CHECK(select_routes(table, RouteView{true, false, 0}).size() == 14);
  CHECK(select_routes(table, RouteView{false, true, 0}).size() == 7);
}

TEST_CASE("a hostile interface name cannot act on the terminal", "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, routes, {route("10.0.0.0", 8, nullptr, "a\x1b[2J\n")});
  CHECK(format_routes(snapshot, RouteView{}).ends_with(" a\\x1b[2J\\x0a\n"));
}

TEST_CASE("routes that were not collected are never an empty table", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK(format_routes(snapshot, RouteView{}) == "route: not collected: not in this snapshot\n");
  snapshot.captures.push_back(made_capture("route", CaptureStatus::denied, "a\x1b"));
  CHECK(format_routes(snapshot, RouteView{}) == "route: not collected: denied: a\\x1b\n");
}

} // namespace hindstat
