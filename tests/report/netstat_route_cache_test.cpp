// SPDX-License-Identifier: MIT
#include "report/netstat_route_cache.h"

#include <catch2/catch.hpp>

#include "report/view.h"
#include "tables/route.h"
#include "tables/route_cache.h"
#include "tables/route_exception.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

RouteException learned(const char* destination, const char* gateway) {
  RouteException made;
  made.destination = parse_ip_address(destination).value();
  made.prefix_length = made.destination.is_v6() ? 128 : 32;
  made.gateway = parse_ip_address(gateway);
  made.interface = "c0";
  return made;
}

Snapshot modern_snapshot() {
  RouteException path_mtu = learned("10.77.2.2", "10.77.1.1");
  path_mtu.mtu = 1400;
  path_mtu.expires = 1'580'500; // 580.5 s after the snapshot.
  RouteException locked = learned("10.77.2.9", "10.77.1.1");
  locked.mtu = 552;
  locked.locked_metrics = 4;
  locked.expires = 999'000; // It has run out.
  RouteException redirect = learned("10.77.9.9", "10.77.1.3");
  redirect.flags.set(RouteCacheFlag::redirected);
  redirect.references = 1;
  redirect.uses = 12;
  RouteException v6 = learned("fd77:2::2", "fe80::1");
  v6.mtu = 1280;
  v6.metric = 1024;
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, route_exceptions, {v6, redirect, locked, path_mtu});
  snapshot.captures.push_back(made_capture("route_cache", CaptureStatus::absent, "since 3.6 none"));
  return snapshot;
}

RouteCacheEntry cached(const char* destination, bool linux_2_0) {
  RouteCacheEntry made;
  made.source = parse_ip_address("192.168.1.2").value();
  made.destination = parse_ip_address(destination).value();
  made.gateway = parse_ip_address("192.168.1.1").value();
  made.interface = "eth0";
  made.mtu = 1500;
  made.irtt = 300;
  made.uses = 12;
  made.references = 1;
  made.hh_references = -1;
  made.hh_up_to_date = 1;
  made.flags = linux_2_0 ? 7 : 0x9000'0000;
  if (!linux_2_0) {
    made.tos = 16;
    made.specific_destination = made.source;
  }
  return made;
}

Snapshot old_snapshot(bool linux_2_0) {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, route_exceptions, {});
  add_table(snapshot, route_cache_entries, {cached("192.168.1.11", linux_2_0)});
  return snapshot;
}

} // namespace

TEST_CASE("learned path MTUs and redirects are printed in netstat's cache layout", "[report]") {
  const Snapshot snapshot = modern_snapshot();
  CHECK(format_route_cache(snapshot, RouteView{})
        == "Kernel IP routing cache\n"
           "Source          Destination     Gateway         Flags      PMTU Expires Iface\n"
           "0.0.0.0         10.77.2.2       10.77.1.1       UGH        1400     580 c0\n"
           "0.0.0.0         10.77.2.9       10.77.1.1       UGH    lock 552       0 c0\n"
           "0.0.0.0         10.77.9.9       10.77.1.3       UGHD          -       - c0\n"
           "Kernel IPv6 routing cache\n"
           "Source                         Destination                    Next Hop                   "
           "Flags      PMTU Expires Iface\n"
           "::/0                           fd77:2::2                      fe80::1                    "
           "UGH        1280       - c0\n");
  CHECK(format_route_cache(snapshot, RouteView{.ipv4 = true, .extend = 1})
        == "Kernel IP routing cache\n"
           "Source          Destination     Gateway         Flags Metric Ref    Use Iface\n"
           "0.0.0.0         10.77.2.2       10.77.1.1       UGH   0      -        - c0\n"
           "0.0.0.0         10.77.2.9       10.77.1.1       UGH   0      -        - c0\n"
           "0.0.0.0         10.77.9.9       10.77.1.3       UGHD  0      1       12 c0\n");
  CHECK_THAT(format_route_cache(snapshot, RouteView{.ipv6 = true, .extend = 2}),
             Catch::Contains("Flags Metric Ref    Use Iface         PMTU Expires TOS\n")
               && Catch::Contains("UGH   1024   -        - c0            1280       -   0\n"));
}

TEST_CASE("the cache of old kernels is printed in both layouts of netstat", "[report]") {
  CHECK(format_route_cache(old_snapshot(false), RouteView{.ipv4 = true})
        == "Kernel IP routing cache\n"
           "Source          Destination     Gateway         Flags   MSS Window  irtt Iface\n"
           "192.168.1.2     192.168.1.11    192.168.1.1     bl     1500 0        300 eth0\n");
  CHECK(format_route_cache(old_snapshot(true), RouteView{.ipv4 = true, .extend = 1})
        == "Kernel IP routing cache\n"
           "Source          Destination     Gateway         Flags Metric Ref    Use Iface\n"
           "192.168.1.2     192.168.1.11    192.168.1.1     UHG   0      1       12 eth0\n");
  CHECK(format_route_cache(old_snapshot(false), RouteView{.ipv4 = true, .extend = 2})
        == "Kernel IP routing cache\n"
           "Source          Destination     Gateway         Flags Metric Ref    Use Iface    MSS   Window irtt  TOS "
           "HHRef HHUptod     SpecDst\n"
           "192.168.1.2     192.168.1.11    192.168.1.1     bl    0      1       12 eth0     1500  0      300   16  "
           "-1    1       192.168.1.2\n");
  CHECK_THAT(format_route_cache(old_snapshot(true), RouteView{.ipv4 = true, .extend = 2}),
             Catch::Contains("irtt  HH  Arp\n") && Catch::Contains("300   -1  1\n"));
}

TEST_CASE("option -C shows the cache instead of the table, and with -F both", "[report]") {
  Snapshot snapshot = modern_snapshot();
  add_table(snapshot, routes, {});
  ViewOptions options;
  options.cache = true;
  CHECK(has_view(options));
  CHECK(format_view(snapshot, check_view(options)).starts_with("Kernel IP routing cache\n"));
  CHECK(wanted_tables(check_view(options), false).shown == std::vector<std::string>{"route_exception", "route_cache"});
  CHECK(select_rows(*snapshot.find_table("route_exception"), check_view(options)).size() == 4);
  options.fib = true;
  CHECK_THAT(format_view(snapshot, check_view(options)),
             Catch::StartsWith("Kernel IP routing table\n") && Catch::Contains("Kernel IP routing cache\n"));
  CHECK(wanted_tables(check_view(options), false).shown
        == std::vector<std::string>{"route", "route_exception", "route_cache"});
}

TEST_CASE("a cache that was not collected says so", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK_THAT(format_route_cache(snapshot, RouteView{}), Catch::Contains("not in this snapshot"));
  snapshot.captures.push_back(made_capture("route_exception", CaptureStatus::denied, "no"));
  CHECK(format_route_cache(snapshot, RouteView{}) == "route_exception: not collected: denied: no\n");
}

} // namespace hindstat
