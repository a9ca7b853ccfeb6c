// SPDX-License-Identifier: MIT
#include "diff/policy.h"

#include "diff/output.h"
#include "tables/interface.h"
#include "tables/multicast_source.h"
#include "tables/nexthop.h"
#include "tables/sysctl.h"
#include "tables/tcp_metric.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

Rule rule_at(std::uint32_t priority) {
  Rule rule;
  rule.priority = priority;
  rule.source = ip("10.9.9.9");
  rule.source_length = 32;
  rule.action = RuleAction::look_up;
  rule.table = 300;
  return rule;
}

template <typename Definition>
Diff diff_of(const Definition& definition, const std::vector<typename Definition::Row>& before,
             const std::vector<typename Definition::Row>& after) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(definition, before));
  add_table(b, make_table(definition, after));
  return diff_snapshots(a, b, {});
}

} // namespace

TEST_CASE("rules are called as ip-rule calls them", "[diff]") {
  Rule rule = rule_at(500);
  rule.mark = 0x10;
  rule.in_interface = "br0";
  rule.first_destination_port = 80;
  rule.last_destination_port = 90;
  CHECK(format_rule(rule) == "500: from 10.9.9.9 fwmark 0x10 iif br0 dport 80-90 lookup 300");
  Rule blackhole;
  blackhole.priority = 901;
  blackhole.action = RuleAction::blackhole;
  blackhole.flags.set(RuleFlag::inverted);
  blackhole.destination = ip("10.0.0.0");
  blackhole.destination_length = 8;
  CHECK(format_rule(blackhole) == "901: not from all to 10.0.0.0/8 blackhole");
}

TEST_CASE("a rule comes, goes, moves and changes", "[diff]") {
  CHECK(in_words(diff_of(rules, {}, {rule_at(500)}).events) == Lines{"rule.added 500: from 10.9.9.9 lookup 300"});
  CHECK(in_words(diff_of(rules, {rule_at(500)}, {}).events) == Lines{"rule.removed 500: from 10.9.9.9 lookup 300"});
  CHECK(in_words(diff_of(rules, {rule_at(500)}, {rule_at(600)}).events)
        == Lines{"rule.moved 600: from 10.9.9.9 lookup 300 from=500 to=600"});
  Rule other = rule_at(500);
  other.table = 254;
  const auto changed = diff_of(rules, {rule_at(500)}, {other}).events;
  REQUIRE(in_words(changed) == Lines{"rule.changed 500: from 10.9.9.9 lookup main"});
  CHECK(describe_event(changed[0]) == "table 300 -> 254");
  Rule detached = rule_at(500);
  detached.flags.set(RuleFlag::in_interface_missing);
  CHECK(describe_event(diff_of(rules, {rule_at(500)}, {detached}).events.at(0)) == "- -> iif detached");
}

TEST_CASE("a nexthop object changes, and its state is told apart", "[diff]") {
  Nexthop hop;
  hop.id = 15;
  hop.gateway = ip("10.0.0.1");
  hop.interface = "eth0";
  Nexthop other = hop;
  other.gateway = ip("10.0.0.2");
  Nexthop dead = hop;
  dead.flags.set(RouteFlag::dead);
  CHECK(describe_event(diff_of(nexthops, {}, {hop}).events.at(0)) == "gateway 10.0.0.1, interface eth0");
  CHECK(in_words(diff_of(nexthops, {hop}, {other}).events) == Lines{"nexthop.changed nexthop 15"});
  CHECK(in_words(diff_of(nexthops, {hop}, {dead}).events) == Lines{"nexthop.state nexthop 15 from= to=dead"});
}

TEST_CASE("a setting says what it was, in its namespace", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  for (const auto& [snapshot, value] : {std::pair(&a, "60"), std::pair(&b, "30")}) {
    const Capture first =
      add_table(*snapshot,
                make_table(sysctls, {{"", "net.core.somaxconn", "4096"}, {"blue", "net.ipv4.tcp_fin_timeout", value}}));
    snapshot->captures.push_back(first);
    snapshot->captures.back().netns = "blue";
  }
  const auto events = diff_snapshots(a, b, {}).events;
  REQUIRE(in_words(events) == Lines{"sysctl.changed net.ipv4.tcp_fin_timeout from=60 to=30"});
  CHECK(events[0].netns == "blue");
  CHECK(describe_event(events[0]) == "60 -> 30");
  CHECK(describe_event(diff_of(sysctls, {}, {{"", "net.netfilter.nf_conntrack_max", "262144"}}).events.at(0))
        == "262144");
}

TEST_CASE("what a closed connection taught TCP does not shout", "[diff]") {
  TcpMetric before;
  before.destination = ip("10.0.0.9");
  before.rtt = 100;
  TcpMetric after = before;
  after.rtt = 900;
  TcpMetric other = before;
  other.destination = ip("10.0.0.10");
  const Diff diff = diff_of(tcp_metrics, {before}, {after, other});
  CHECK(in_words(diff.events) == Lines{"tcpmetric.added 10.0.0.10", "tcpmetric.changed 10.0.0.9"});
  CHECK_FALSE(has_differences(diff));
}

TEST_CASE("sources of a group have events of their own", "[diff]") {
  const MulticastSource source{"", "eth0", ip("232.1.1.1"), ip("10.0.0.9"), 1, 0};
  MulticastSource more = source;
  more.including = 2;
  CHECK(in_words(diff_of(multicast_sources, {}, {source}).events)
        == Lines{"mcast.source_added 232.1.1.1 from 10.0.0.9 dev eth0"});
  CHECK(in_words(diff_of(multicast_sources, {source}, {more}).events)
        == Lines{"mcast.source_users 232.1.1.1 from 10.0.0.9 dev eth0"});
}

TEST_CASE("routes of a renamed interface are the same ones", "[diff]") {
  Interface eth0;
  eth0.name = "eth0";
  eth0.ifindex = 2;
  Interface wan0 = eth0;
  wan0.name = "wan0";
  Route direct = route_to("10.0.0.0", 24, nullptr, "eth0");
  Route gateway = route_to("0.0.0.0", 0, "10.0.0.1", "eth0");
  Nexthop hop;
  hop.id = 1;
  hop.interface = "eth0";
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(interfaces, {eth0}));
  add_table(a, make_table(routes, {direct, gateway}));
  add_table(a, make_table(nexthops, {hop}));
  direct.interface = gateway.interface = hop.interface = "wan0";
  gateway.mtu = 1400;
  add_table(b, make_table(interfaces, {wan0}));
  add_table(b, make_table(routes, {direct, gateway}));
  add_table(b, make_table(nexthops, {hop}));
  const auto events = diff_snapshots(a, b, {}).events;
  REQUIRE(in_words(events) == Lines{"route.attr default best_changed=false", "if.renamed wan0 from=eth0 to=wan0"});
  CHECK(describe_event(events[0]) == "mtu 1400");
}
