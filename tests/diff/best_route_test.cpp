// SPDX-License-Identifier: MIT
#include "diff/best_route.h"

#include "diff/lookup_output.h"
#include "tables/route_exception.h"
#include "tables/rule.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

const Route gateway = route_to("0.0.0.0", 0, "10.0.0.1", "eth0", 100);
const Route direct = route_to("10.0.0.0", 24, nullptr, "eth0");

Rule look_up(std::uint32_t priority, std::uint32_t table) {
  Rule rule;
  rule.priority = priority;
  rule.action = RuleAction::look_up;
  rule.table = table;
  return rule;
}

const std::vector<Rule> usual{look_up(0, 255), look_up(32'766, 254), look_up(32'767, 253)};

Route in_table(Route route, std::uint32_t table) {
  route.table = table;
  return route;
}

RouteAnswer answer_of(const std::vector<Route>& of_routes, const std::vector<Rule>& of_rules, const char* address,
                      const std::vector<RouteException>& learned = {}) {
  Snapshot snapshot = snapshot_at(0);
  add_table(snapshot, make_table(routes, of_routes));
  add_table(snapshot, make_table(rules, of_rules));
  add_table(snapshot, make_table(route_exceptions, learned));
  return find_best_route(snapshot, "", ip(address));
}

} // namespace

TEST_CASE("an address is in a prefix when the first bits are equal", "[diff]") {
  CHECK(is_in_prefix(ip("10.0.0.129"), ip("10.0.0.128"), 25));
  CHECK_FALSE(is_in_prefix(ip("10.0.0.127"), ip("10.0.0.128"), 25));
  CHECK(is_in_prefix(ip("1.2.3.4"), ip("0.0.0.0"), 0));
  CHECK_FALSE(is_in_prefix(ip("1.2.3.4"), ip("::"), 0));
  CHECK(is_in_prefix(ip("fd00::1"), ip("fd00::1"), 128));
  CHECK_FALSE(is_in_prefix(ip("10.0.0.1"), ip("10.0.0.1"), 33));
}

TEST_CASE("the longest prefix decides, then the metric, and a dead route does not", "[diff]") {
  const Route wide = route_to("10.9.0.0", 16, "10.0.0.7", "eth0");
  const Route narrow = route_to("10.9.9.0", 24, "10.0.0.8", "eth0", 50);
  Route cheaper = route_to("10.9.9.0", 24, "10.0.0.9", "eth0", 20);
  CHECK(answer_of({gateway, direct, wide, narrow}, usual, "10.9.9.1").result == "via 10.0.0.8 dev eth0");
  CHECK(answer_of({gateway, wide, narrow, cheaper}, usual, "10.9.9.1").by == "10.9.9.0/24 metric 20");
  cheaper.flags.set(RouteFlag::dead);
  CHECK(answer_of({gateway, wide, narrow, cheaper}, usual, "10.9.9.1").by == "10.9.9.0/24 metric 50");
  CHECK(answer_of({gateway, wide, cheaper}, usual, "10.9.9.1").by == "10.9.0.0/16");
  CHECK(answer_of({gateway, direct}, usual, "192.0.2.1").by == "default metric 100");
  CHECK(answer_of({direct}, usual, "192.0.2.1").result == "no route");
  CHECK(answer_of({direct}, usual, "10.0.0.5").rule == "32766: from all lookup main");
}

TEST_CASE("rules that ask for the destination alone are followed, all others are named", "[diff]") {
  std::vector<Rule> of_rules = usual;
  Rule to = look_up(500, 100);
  to.destination = ip("10.9.0.0");
  to.destination_length = 16;
  of_rules.push_back(to);
  Rule from = look_up(400, 200);
  from.source = ip("10.0.0.77");
  from.source_length = 32;
  of_rules.push_back(from);
  const Route special = in_table(route_to("0.0.0.0", 0, "10.0.0.100", "eth0"), 100);
  const RouteAnswer inside = answer_of({gateway, special}, of_rules, "10.9.9.9");
  CHECK(inside.result == "via 10.0.0.100 dev eth0");
  CHECK(inside.rule == "500: from all to 10.9.0.0/16 lookup 100");
  CHECK(inside.ignored
        == Lines{"rule not followed, it asks for more than the destination: 400: from 10.0.0.77 lookup 200"});
  CHECK(answer_of({gateway, special}, of_rules, "10.8.9.9").result == "via 10.0.0.1 dev eth0");
  of_rules.at(3).flags.set(RuleFlag::inverted);
  CHECK(answer_of({gateway, special}, of_rules, "10.8.9.9").result == "via 10.0.0.100 dev eth0");
}

TEST_CASE("a rule may go on elsewhere, suppress short prefixes or end it", "[diff]") {
  Rule jump = look_up(10, 0);
  jump.action = RuleAction::go_to;
  jump.table = std::nullopt;
  jump.goto_priority = 32'766;
  const Route local = in_table(route_to("10.0.0.5", 32, nullptr, "lo"), 100);
  CHECK(answer_of({gateway, local}, {look_up(20, 100), jump, look_up(32'766, 254)}, "10.0.0.5").by
        == "default metric 100");
  Rule main_but_default = look_up(30, 254);
  main_but_default.suppress_prefix_length = 0;
  const Route vpn = in_table(route_to("0.0.0.0", 0, nullptr, "wg0"), 51'820);
  const std::vector<Rule> of_vpn{main_but_default, look_up(40, 51'820)};
  CHECK(answer_of({gateway, direct, vpn}, of_vpn, "192.0.2.1").result == "dev wg0");
  CHECK(answer_of({gateway, direct, vpn}, of_vpn, "10.0.0.9").result == "dev eth0");
  Rule prohibit = look_up(5, 0);
  prohibit.action = RuleAction::prohibit;
  prohibit.table = std::nullopt;
  CHECK(answer_of({gateway}, {prohibit, look_up(32'766, 254)}, "10.0.0.9").result == "prohibit");
  Route thrown = in_table(route_to("10.9.0.0", 16, nullptr, "lo"), 100);
  thrown.type = RouteType::throw_route;
  thrown.interface = std::nullopt;
  CHECK(answer_of({gateway, thrown}, {look_up(1, 100), look_up(32'766, 254)}, "10.9.9.9").by == "default metric 100");
}

TEST_CASE("what was learned of the address is said beside the route", "[diff]") {
  RouteException learned;
  learned.destination = ip("192.0.2.1");
  learned.prefix_length = 32;
  learned.gateway = ip("10.0.0.9");
  learned.flags.set(RouteCacheFlag::redirected);
  learned.mtu = 1300;
  CHECK(answer_of({gateway}, usual, "192.0.2.1", {learned}).learned == "via 10.0.0.9 mtu 1300");
  CHECK(answer_of({gateway}, usual, "192.0.2.2", {learned}).learned.empty());
}

TEST_CASE("an answer says what it was not told", "[diff]") {
  Snapshot snapshot = snapshot_at(0);
  CHECK_FALSE(find_best_route(snapshot, "", ip("10.0.0.1")).known);
  add_table(snapshot, make_table(routes, {gateway, in_table(route_to("10.0.0.1", 32, nullptr, "lo"), 255)}));
  const RouteAnswer answer = find_best_route(snapshot, "", ip("10.0.0.1"));
  CHECK(answer.by == "10.0.0.1 table local");
  REQUIRE(answer.ignored.size() == 1);
  CHECK(answer.ignored[0] == "rules were not recorded: the tables local, main and default were asked");
  CHECK(find_best_route(snapshot, "other", ip("10.0.0.1")).why_unknown == "not collected");
}

TEST_CASE("where packets went is told for both sides, as text and as JSON", "[diff]") {
  Snapshot before = snapshot_at(0);
  Snapshot after = snapshot_at(60);
  add_table(before, make_table(routes, {gateway}));
  add_table(after, make_table(routes, {route_to("0.0.0.0", 0, "10.0.0.2", "eth\x1b[2J", 100)}));
  add_table(before, make_table(rules, usual));
  add_table(after, make_table(rules, usual));
  DiffLabels labels;
  labels.before = {&before, 7, "", ""};
  labels.after = {&after, 8, "", ""};
  labels.format_time = [](std::int64_t ns) { return std::to_string(ns / second_ns); };
  const IpAddress address = ip("192.0.2.1");
  const auto found = look_up_both(before, after, address);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].is_same());
  CHECK(format_lookup_text(found, address, labels)
        == "A  gw1  1795230540  snapshot 7\nB  gw1  1795230600  snapshot 8\n\nto 192.0.2.1: another way\n"
           "A  via 10.0.0.1 dev eth0        by default metric 100  rule 32766: from all lookup main\n"
           "B  via 10.0.0.2 dev eth\\x1b[2J  by default metric 100  rule 32766: from all lookup main\n");
  CHECK(format_lookup_json(found, address, labels)
        == R"({"v":1,"ev":"lookup","to":"192.0.2.1","netns":"","same":false,"t":["1795230540","1795230600"],)"
           R"("a":{"known":true,"result":"via 10.0.0.1 dev eth0","route":"default metric 100",)"
           R"("rule":"32766: from all lookup main","ignored":[]},)"
           R"("b":{"known":true,"result":"via 10.0.0.2 dev eth\u001b[2J","route":"default metric 100",)"
           R"("rule":"32766: from all lookup main","ignored":[]}})"
           "\n");
  CHECK(look_up_both(before, before, address).front().is_same());
  const auto unknown = look_up_both(before, snapshot_at(60), address);
  CHECK_FALSE(unknown.front().is_known());
  CHECK(format_lookup_text(unknown, address, labels).find("B  not known") != std::string::npos);
}
