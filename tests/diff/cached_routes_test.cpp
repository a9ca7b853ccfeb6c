// SPDX-License-Identifier: MIT
#include "diff/cached_routes.h"

#include "diff/output.h"
#include "tables/route_cache.h"
#include "tables/route_exception.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

constexpr std::uint64_t b_is_read_at = 10'060'000; // CLOCK_BOOTTIME, ms

RouteException learned(const char* destination, std::optional<std::uint32_t> mtu, std::uint64_t expires) {
  RouteException row;
  row.destination = ip(destination);
  row.prefix_length = row.destination.is_v4() ? 32 : 128;
  row.interface = "eth0";
  row.gateway = ip("10.0.0.1");
  row.mtu = mtu;
  row.expires = expires;
  return row;
}

RouteException redirected(const char* destination, const char* gateway) {
  RouteException row = learned(destination, std::nullopt, b_is_read_at + 200'000);
  row.gateway = ip(gateway);
  row.flags.set(RouteCacheFlag::redirected);
  return row;
}

Diff diff_of(const std::vector<RouteException>& before, const std::vector<RouteException>& after,
             const std::vector<Route>& routes_before = {}, const std::vector<Route>& routes_after = {}) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(route_exceptions, before));
  add_table(b, make_table(route_exceptions, after));
  add_table(a, make_table(routes, routes_before));
  add_table(b, make_table(routes, routes_after));
  return diff_snapshots(a, b, {{"route_exception"}, {}});
}

// Without the summary.
Lines said(const Diff& diff) {
  Lines lines;
  for (const Event& event : diff.events) {
    if (event.spec->name != "cache.churn") {
      lines.push_back(std::string(event.spec->name) + " " + event.key + ": " + describe_event(event));
    }
  }
  return lines;
}

const RouteException lasting = learned("10.9.9.9", 1300, b_is_read_at + 500'000);

} // namespace

TEST_CASE("what is learned of a destination is one event", "[diff]") {
  CHECK(said(diff_of({}, {lasting})) == Lines{"cache.created 10.9.9.9 dev eth0: path MTU 1300"});
  CHECK(said(diff_of({}, {redirected("10.9.9.8", "10.0.0.7")}))
        == Lines{"cache.created 10.9.9.8 dev eth0: redirected to 10.0.0.7"});
  const auto events = diff_of({}, {lasting}).events;
  CHECK(*find_field(events.at(0), "kind") == "pmtu");
  RouteException six = learned("fd00::9", std::nullopt, 0);
  six.expires = std::nullopt;
  six.gateway = ip("fe80::7");
  CHECK(said(diff_of({}, {six})) == Lines{"cache.created fd00::9 dev eth0: redirected to fe80::7"});
}

TEST_CASE("another path MTU and another gateway are told apart, and a timer that was set anew", "[diff]") {
  RouteException narrower = lasting;
  narrower.mtu = 1200;
  CHECK(said(diff_of({lasting}, {narrower})) == Lines{"cache.pmtu 10.9.9.9 dev eth0: path MTU 1300 -> 1200"});
  RouteException elsewhere = lasting;
  elsewhere.gateway = ip("10.0.0.7");
  elsewhere.flags.set(RouteCacheFlag::redirected);
  const auto events = diff_of({lasting}, {elsewhere}).events;
  REQUIRE(in_words(events) == Lines{"cache.redirect 10.9.9.9 dev eth0 old=10.0.0.1 new=10.0.0.7"});
  CHECK(events[0].changed.size() == 2);
  RouteException refreshed = lasting;
  refreshed.expires = *lasting.expires + 30'000;
  const Diff diff = diff_of({lasting}, {refreshed});
  CHECK(said(diff) == Lines{"cache.refreshed 10.9.9.9 dev eth0: path MTU 1300, refreshed"});
  CHECK_FALSE(has_differences(diff));
  refreshed.expires = *lasting.expires + 1000;
  CHECK(diff_of({lasting}, {refreshed}).events.empty());
}

TEST_CASE("what is forgotten in time has expired", "[diff]") {
  CHECK(said(diff_of({learned("10.9.9.9", 1300, b_is_read_at + 5000)}, {}))
        == Lines{"cache.expired 10.9.9.9 dev eth0: path MTU 1300, expired"});
  CHECK(said(diff_of({learned("10.9.9.9", 1300, b_is_read_at + 5001)}, {}))
        == Lines{"cache.flushed 10.9.9.9 dev eth0: path MTU 1300, flushed, 1 of 1 that should have stayed are gone, "
                 "inferred"});
}

TEST_CASE("what is forgotten with its route was flushed, and the likely cause is named", "[diff]") {
  const Route gateway = route_to("0.0.0.0", 0, "10.0.0.1", "eth0");
  const Route other = route_to("0.0.0.0", 0, "10.0.0.2", "eth0");
  const Route unrelated = route_to("10.8.0.0", 16, "10.0.0.3", "eth0");
  const std::vector<RouteException> all{lasting, learned("10.9.9.1", 1300, b_is_read_at + 500'000),
                                        learned("10.9.9.2", 1300, b_is_read_at + 500'000)};
  const auto events = diff_of(all, {all[1], all[2]}, {gateway}, {other, unrelated}).events;
  REQUIRE(events.at(0).spec->name == "cache.flushed");
  CHECK(events[0].why == Lines{"route.nexthop default"});
  CHECK(events[0].confidence == Confidence::consistent);
  // A route that does not hold the destination, or a wider one than the parent, is no cause.
  CHECK(said(diff_of(all, {all[1], all[2]}, {gateway}, {gateway, unrelated}))
        == Lines{"cache.evicted 10.9.9.9 dev eth0: path MTU 1300, evicted, 500 s before its time, inferred"});
  const Route parent = route_to("10.9.0.0", 16, "10.0.0.1", "eth0");
  CHECK(diff_of(all, {all[1], all[2]}, {gateway, parent}, {other, parent}).events.at(0).spec->name == "cache.evicted");
}

TEST_CASE("when four fifths are gone early all were flushed", "[diff]") {
  std::vector<RouteException> all;
  for (std::uint8_t last = 1; last <= 5; ++last) {
    RouteException row = lasting;
    row.destination = IpAddress::v4({10, 9, 9, last});
    all.push_back(row);
  }
  CHECK(count_events(diff_of(all, {all[0]}).events, "cache.flushed") == 4);
  const auto half = diff_of(all, {all[0], all[1]}).events;
  CHECK(count_events(half, "cache.flushed") == 0);
  CHECK(count_events(half, "cache.evicted") == 3);
}

TEST_CASE("the churn of the exceptions is a summary", "[diff]") {
  RouteException refreshed = learned("10.9.9.1", 1300, b_is_read_at + 100'000);
  const RouteException old = refreshed;
  refreshed.expires = *refreshed.expires + 60'000;
  const Diff diff = diff_of({lasting, old}, {refreshed, learned("10.9.9.2", 1300, 1), learned("10.9.9.3", 1300, 1)});
  const Event& churn = diff.events.back();
  CHECK(in_words(churn) == "cache.churn cache created=2 removed=1 refreshed=1 per_minute=3.0 turnover=0.60");
  CHECK(describe_event(churn) == "2 created, 1 removed, 1 refreshed, 3.0 a minute, turnover 0.60");
  CHECK(is_shown(diff, churn, false)); // The table was asked for.
}

TEST_CASE("the cache of old kernels has names and a summary of its own", "[diff]") {
  RouteCacheEntry first;
  first.source = ip("10.0.0.9");
  first.destination = ip("192.0.2.1");
  first.interface = "eth0";
  first.mtu = 1500;
  RouteCacheEntry second = first;
  second.destination = ip("192.0.2.2");
  RouteCacheEntry narrow = first;
  narrow.mtu = 1400;
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(route_cache_entries, {first}));
  add_table(b, make_table(route_cache_entries, {narrow, second}));
  const Diff diff = diff_snapshots(a, b, {});
  CHECK(in_words(diff.events)
        == Lines{"flowcache.created 10.0.0.9 > 192.0.2.2 dev eth0", "flowcache.changed 10.0.0.9 > 192.0.2.1 dev eth0",
                 "flowcache.churn cache created=1 removed=0 per_minute=1.0 turnover=0.33"});
  CHECK(has_differences(diff));
  CHECK_FALSE(is_shown(diff, diff.events.at(0), false));
}

TEST_CASE("what was learned ends with a boot, by a note", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  b.info.boot_id = "22222222-2222-3333-4444-555555555555";
  add_table(a, make_table(route_exceptions, {lasting}));
  add_table(b, make_table(route_exceptions, {}));
  const Diff diff = diff_snapshots(a, b, {{"route_exception"}, {}});
  CHECK(count_events(diff.events, "host.rebooted") == diff.events.size());
  CHECK(diff.comparability.notes.back() == "route_exception: another boot: 1 entries of A ended with the one before");
}
