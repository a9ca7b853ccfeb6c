// SPDX-License-Identifier: MIT
#include "diff/facts.h"

#include <fmt/format.h>

#include "tables/catalog.h"
#include "tables/conntrack.h"
#include "tables/user.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

std::string text_of(const Facts& facts) {
  std::string text;
  const auto end = [](End of) { return of == End::local ? "<" : of == End::remote ? ">" : "="; };
  for (const AddressFact& fact : facts.addresses) {
    text +=
      fmt::format("{}{}/{}{} ", end(fact.end), format_ip_address(fact.address), fact.length, fact.prefix ? "p" : "");
  }
  for (const PortFact& fact : facts.ports) {
    text += fmt::format("{}:{} ", end(fact.end), fact.port);
  }
  for (const auto* names : {&facts.states, &facts.devices, &facts.users, &facts.processes}) {
    for (const std::string& name : *names) {
      text += name + ' ';
    }
  }
  return text;
}

} // namespace

TEST_CASE("facts of an event are those of both its rows", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  Socket before = tcp(TcpState::established, "::ffff:10.0.0.5", 443, "10.0.1.9", 5000, 7, 9);
  before.uid = 33;
  before.pid = 802;
  before.bound_interface = "eth0";
  Socket after = before;
  after.state = TcpState::close_wait;
  add_table(a, make_table(sockets, {before}));
  add_table(b, make_table(sockets, {after}));
  for (Snapshot* side : {&a, &b}) {
    add_table(*side, make_table(processes, {process(802, "nginx")}));
    add_table(*side, make_table(users, {User{33, "www-data"}}));
  }
  const Diff diff = diff_snapshots(a, b, {{"socket"}, {}});
  REQUIRE(diff.events.size() == 1);
  FactFinder finder(a, b);
  const Facts facts = finder.facts_of(diff.events.front());
  CHECK(text_of(facts)
        == "<10.0.0.5/32 >10.0.1.9/32 <10.0.0.5/32 >10.0.1.9/32 <:443 >:5000 <:443 >:5000 ESTABLISHED CLOSE_WAIT eth0 "
           "www-data nginx ");
  CHECK(facts.uids == std::vector<std::uint32_t>{33});
  CHECK(facts.pids == std::vector<std::uint32_t>{802});
  CHECK(changed_columns(diff.events.front(), a, b) == Lines{"state"});
}

TEST_CASE("a route is about its prefix and its next hop", "[diff]") {
  Snapshot a = snapshot_at(0);
  add_table(a, make_table(routes, {route_to("10.9.0.0", 16, "10.0.0.1", "eth0")}));
  FactFinder finder(a, a);
  const Table& table = *a.find_table(routes.name());
  CHECK(text_of(finder.facts_of_row(table, 0)).find(">10.9.0.0/16p >10.0.0.1/32 ") == 0);
}

TEST_CASE("a flow's answers come from its other end", "[diff]") {
  Conntrack flow;
  flow.source = ip("192.168.10.21");
  flow.source_port = 40000;
  flow.destination = ip("203.0.113.80");
  flow.destination_port = 443;
  flow.reply_source = ip("10.0.0.80");
  flow.reply_source_port = 8443;
  flow.reply_destination = ip("203.0.113.5");
  flow.reply_destination_port = 40000;
  Snapshot a = snapshot_at(0);
  add_table(a, make_table(conntracks, {flow}));
  FactFinder finder(a, a);
  CHECK(text_of(finder.facts_of_row(*a.find_table(conntracks.name()), 0))
          .find("<192.168.10.21/32 >203.0.113.80/32 >10.0.0.80/32 <203.0.113.5/32 <:40000 >:443 >:8443 <:40000")
        == 0);
}

TEST_CASE("sockets that nobody holds have no user, and raw sockets no port", "[diff]") {
  Socket orphan = tcp(TcpState::time_wait, "10.0.0.5", 443, "10.0.1.9", 5000);
  Socket raw = tcp(TcpState::close, "0.0.0.0", 1, "0.0.0.0", 0, 5, 6);
  raw.protocol = SocketProtocol::raw;
  Snapshot a = snapshot_at(0);
  add_table(a, make_table(sockets, {orphan, raw}));
  FactFinder finder(a, a);
  CHECK(finder.facts_of_row(a.tables.front(), 0).uids.empty());
  CHECK(finder.facts_of_row(a.tables.front(), 1).ports.empty());
  CHECK(finder.facts_of_row(a.tables.front(), 1).uids.size() == 1);
}

TEST_CASE("raw shows timers and notes, which are never compared", "[diff]") {
  Socket before = tcp(TcpState::established, "10.0.0.5", 443, "10.0.1.9", 5000, 7, 9);
  Socket after = before;
  after.state = TcpState::close_wait;
  after.timer = SocketTimer::keepalive;
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(sockets, {before}));
  add_table(b, make_table(sockets, {after}));
  Diff diff = diff_snapshots(a, b, {});
  REQUIRE(diff.events.size() == 1);
  add_raw_columns(diff.events.front(), a, b);
  REQUIRE(diff.events.front().raw.size() == 1);
  CHECK(diff.events.front().raw.front().column == "timer");
  CHECK(diff.events.front().raw.front().to == "keepalive");
}
