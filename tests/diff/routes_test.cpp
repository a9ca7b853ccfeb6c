// SPDX-License-Identifier: MIT
#include "diff/routes.h"

#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

const Route direct = route_to("10.0.0.0", 24, nullptr, "eth0");
const Route gateway = route_to("0.0.0.0", 0, "10.0.0.1", "eth0", 100);
const Route backup = route_to("0.0.0.0", 0, "10.0.0.2", "eth1", 200);

Route hop(const char* via, std::uint8_t position, std::uint16_t weight) {
  Route route = route_to("10.9.0.0", 16, via, "eth0");
  route.hop = position;
  route.weight = weight;
  return route;
}

} // namespace

TEST_CASE("one new route is one event", "[diff]") {
  const auto events =
    diff_routes_of({direct, gateway}, {direct, gateway, route_to("10.9.0.0", 16, "10.0.0.7", "eth0")});
  REQUIRE(in_words(events) == Lines{"route.added 10.9.0.0/16 hops=via 10.0.0.7 dev eth0 best_changed=true"});
  CHECK(events[0].after_row == 2);
  CHECK(in_words(diff_routes_of({direct, hop("10.0.0.7", 0, 1), hop("10.0.0.8", 1, 2)}, {direct}))
        == Lines{"route.removed 10.9.0.0/16 hops=via 10.0.0.7 dev eth0 weight 1, via 10.0.0.8 dev eth0 weight 2 "
                 "best_changed=true"});
}

TEST_CASE("another next hop is one event", "[diff]") {
  Route other = gateway;
  other.gateway = ip("10.0.0.3");
  const auto events = diff_routes_of({gateway}, {other});
  REQUIRE(in_words(events)
          == Lines{"route.nexthop default metric 100 old=via 10.0.0.1 dev eth0 new=via 10.0.0.3 dev eth0 "
                   "best_changed=true default_changed=true"});
  REQUIRE(events[0].changed.size() == 1);
  CHECK(events[0].changed[0].column == "gateway");
  CHECK(severity_of(events[0]) == Severity::warn);
}

TEST_CASE("a set of next hops changes as a whole", "[diff]") {
  CHECK(in_words(diff_routes_of({hop("10.0.0.7", 0, 1), hop("10.0.0.8", 1, 1)},
                                {hop("10.0.0.7", 0, 1), hop("10.0.0.8", 1, 3)}))
        == Lines{"route.ecmp 10.9.0.0/16 old=via 10.0.0.7 dev eth0 weight 1, via 10.0.0.8 dev eth0 weight 1 "
                 "new=via 10.0.0.7 dev eth0 weight 1, via 10.0.0.8 dev eth0 weight 3 best_changed=true"});
  CHECK(diff_routes_of({hop("10.0.0.7", 0, 1), hop("10.0.0.8", 1, 1)}, {hop("10.0.0.8", 0, 1), hop("10.0.0.7", 1, 1)})
          .empty());
}

TEST_CASE("another metric and another route to the same prefix are told apart", "[diff]") {
  Route dearer = gateway;
  dearer.metric = 300;
  const auto metric = diff_routes_of({gateway}, {dearer});
  REQUIRE(metric.size() == 1);
  CHECK(metric[0].spec->name == "route.metric");
  CHECK(metric[0].key == "default");
  REQUIRE(metric[0].changed.size() == 1);
  CHECK(metric[0].changed[0].from == "100");
  CHECK(metric[0].changed[0].to == "300");
  CHECK(in_words(diff_routes_of({gateway}, {backup}))
        == Lines{"route.replaced default old=via 10.0.0.1 dev eth0 metric 100 new=via 10.0.0.2 dev eth1 metric 200 "
                 "best_changed=true default_changed=true"});
}

TEST_CASE("a change of a backup route does not shout", "[diff]") {
  const auto events = diff_routes_of({gateway, backup}, {gateway});
  REQUIRE(in_words(events) == Lines{"route.removed default metric 200 hops=via 10.0.0.2 dev eth1 best_changed=false"});
  CHECK(severity_of(events[0]) == Severity::info);
}

TEST_CASE("the default route is lost, or changes to the backup, in the same event", "[diff]") {
  const auto lost = diff_routes_of({direct, gateway}, {direct});
  REQUIRE(in_words(lost)
          == Lines{"route.removed default metric 100 hops=via 10.0.0.1 dev eth0 best_changed=true default_lost=true"});
  CHECK(severity_of(lost[0]) == Severity::crit);
  CHECK(in_words(diff_routes_of({gateway, backup}, {backup}))
        == Lines{"route.removed default metric 100 hops=via 10.0.0.1 dev eth0 best_changed=true default_changed=true"});
  const auto table_100 = [] {
    Route route = gateway;
    route.table = 100;
    return route;
  }();
  CHECK(in_words(diff_routes_of({table_100}, {}))
        == Lines{"route.removed default table 100 metric 100 hops=via 10.0.0.1 dev eth0 best_changed=true"});
}

TEST_CASE("a default route that changes in several events says so once", "[diff]") {
  const auto via = [](const char* address, std::uint32_t metric) {
    return route_to("0.0.0.0", 0, address, "eth0", metric);
  };
  const auto events =
    diff_routes_of({via("10.0.0.1", 10), via("10.0.0.2", 20)}, {via("10.0.0.3", 5), via("10.0.0.4", 6)});
  CHECK(events.size() == 4);
  CHECK(std::ranges::count_if(events, [](const Event& e) { return has_flag(e, "default_changed"); }) == 1);
}

TEST_CASE("attributes and flags are one event, timers none", "[diff]") {
  Route other = gateway;
  other.protocol = static_cast<RouteProtocol>(16);
  other.mtu = 1400;
  const auto events = diff_routes_of({gateway}, {other});
  REQUIRE(in_words(events) == Lines{"route.attr default metric 100 best_changed=false"});
  CHECK(events[0].changed.size() == 2);
  Route dead = gateway;
  dead.flags.set(RouteFlag::dead);
  const auto died = diff_routes_of({gateway}, {dead});
  REQUIRE(in_words(died)
          == Lines{"route.state default metric 100 hops=via 10.0.0.1 dev eth0 from= to=dead best_changed=true "
                   "default_lost=true"});
  Route expiring = gateway;
  expiring.expires = 5;
  CHECK(diff_routes_of({gateway}, {expiring}).empty());
}

TEST_CASE("routes are called as ip-route calls them", "[diff]") {
  const auto key = [](const Route& route) { return diff_routes_of({}, {route}).at(0).key; };
  CHECK(key(route_to("10.0.0.1", 32, nullptr, "lo")) == "10.0.0.1");
  CHECK(key(route_to("::", 0, "fe80::1", "eth0", 1024)) == "default (IPv6) metric 1024");
  CHECK(key(route_to("fd77::", 64, nullptr, "eth0")) == "fd77::/64");
  Route special = route_to("10.9.0.0", 16, nullptr, "lo");
  special.type = RouteType::blackhole;
  special.table = 255;
  special.tos = 0x10;
  CHECK(key(special) == "blackhole 10.9.0.0/16 tos 0x10 table local");
  Route sourced = route_to("fd77::", 64, nullptr, "eth0");
  sourced.source = ip("fd78::");
  sourced.source_prefix_length = 48;
  CHECK(key(sourced) == "fd77::/64 from fd78::/48");
}

TEST_CASE("a link that went down is a state of the routes over it, and not more", "[diff]") {
  Route down = direct;
  down.flags.set(RouteFlag::linkdown);
  const auto events = diff_routes_of({direct, gateway}, {down, gateway});
  REQUIRE(in_words(events) == Lines{"route.state 10.0.0.0/24 hops=dev eth0 from= to=linkdown best_changed=false"});
  down.mtu = 1400;
  CHECK(in_words(diff_routes_of({direct}, {down}))
        == Lines{"route.attr 10.0.0.0/24 best_changed=false",
                 "route.state 10.0.0.0/24 hops=dev eth0 from= to=linkdown best_changed=false"});
  Route one_of_two = hop("10.0.0.8", 1, 1);
  one_of_two.flags.set(RouteFlag::dead);
  CHECK(in_words(diff_routes_of({hop("10.0.0.7", 0, 1), hop("10.0.0.8", 1, 1)}, {hop("10.0.0.7", 0, 1), one_of_two}))
        == Lines{"route.state 10.9.0.0/16 hops=via 10.0.0.8 dev eth0 weight 1 from= to=dead best_changed=false"});
  Route onlink = gateway;
  onlink.flags.set(RouteFlag::onlink);
  CHECK(diff_routes_of({gateway}, {onlink}).at(0).spec->name == "route.nexthop");
}
