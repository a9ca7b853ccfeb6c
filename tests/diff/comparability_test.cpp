// SPDX-License-Identifier: MIT
#include "diff/comparability.h"

#include "base/error.h"
#include "diff/source_coverage.h"
#include "tables/socket_owner.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using Catch::Contains;

namespace {

const Socket open = tcp(TcpState::established, "10.0.0.5", 80, "10.0.0.9", 7, 5, 5);

struct Pair {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
};

void add_missing(Snapshot& snapshot, const std::string& table, CaptureStatus status, const std::string& detail) {
  Capture capture;
  capture.table = table;
  capture.status = status;
  capture.detail = detail;
  snapshot.captures.push_back(capture);
}

Comparability gate(const Pair& pair, const std::vector<std::string>& tables = {}) {
  return diff_snapshots(pair.a, pair.b, {tables, {}}).comparability;
}

} // namespace

TEST_CASE("a table that one side did not collect is not compared", "[diff]") {
  Pair pair;
  add_table(pair.a, make_table(sockets, {open}));
  add_missing(pair.b, "socket", CaptureStatus::denied, "run as root");
  add_table(pair.a, make_table(routes, {}));
  add_table(pair.b, make_table(routes, {}));
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(diff.events.empty());
  CHECK(diff.comparability.compared == Lines{"route"});
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].table == "socket");
  CHECK(diff.comparability.not_compared[0].side == "B");
  CHECK(diff.comparability.not_compared[0].reason == "not collected: denied: run as root");
}

TEST_CASE("a table that neither kernel has is no gap, unless it is asked for", "[diff]") {
  Pair pair;
  add_missing(pair.a, "route_cache", CaptureStatus::absent, "since 3.6");
  add_missing(pair.b, "route_cache", CaptureStatus::absent, "since 3.6");
  CHECK(gate(pair).not_compared.empty());
  CHECK(gate(pair, {"route_cache"}).not_compared.size() == 1);
  pair.b.captures.back().status = CaptureStatus::denied;
  CHECK(gate(pair).not_compared.size() == 1);
}

TEST_CASE("a table that was collected and is empty is compared", "[diff]") {
  Pair pair;
  add_table(pair.a, make_table(sockets, {open}));
  add_table(pair.b, make_table(sockets, {}));
  CHECK(diff_snapshots(pair.a, pair.b, {}).events.size() == 1);
  pair.b.tables.clear(); // The capture says complete: no rows is what there were.
  CHECK(diff_snapshots(pair.a, pair.b, {}).events.size() == 1);
}

TEST_CASE("a table that was asked for and never tried is named", "[diff]") {
  const Comparability answer = gate({}, {"route"});
  CHECK(answer.compared.empty());
  REQUIRE(answer.not_compared.size() == 1);
  CHECK(answer.not_compared[0].side == "both");
  CHECK(gate({}).not_compared.empty());
}

TEST_CASE("only namespaces that both sides collected are compared", "[diff]") {
  Pair pair;
  Socket elsewhere = open;
  elsewhere.netns = "blue";
  add_table(pair.a, make_table(sockets, {open, elsewhere}));
  pair.a.captures.push_back(pair.a.captures.front());
  pair.a.captures.back().netns = "blue";
  add_table(pair.b, make_table(sockets, {}));
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  REQUIRE(diff.events.size() == 1);
  CHECK(diff.events[0].netns.empty());
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].netns == "blue");
}

TEST_CASE("row numbers of events are those of the whole table", "[diff]") {
  Pair pair;
  Socket elsewhere = open;
  elsewhere.netns = "blue";
  add_table(pair.a, make_table(sockets, {elsewhere, open}));
  add_table(pair.b, make_table(sockets, {}));
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  REQUIRE(diff.events.size() == 1);
  CHECK(diff.events[0].before_row == 1);
}

TEST_CASE("two hosts are refused", "[diff]") {
  Pair pair;
  pair.b.info.host = "gw2";
  CHECK_THROWS_WITH(gate(pair), Contains("two hosts") && Contains("gw1") && Contains("gw2"));
  pair.b.info.host = "gw1";
  pair.b.info.machine_id = "fedcba9876543210fedcba9876543210";
  CHECK_THROWS_AS(gate(pair), Error);
  pair.b.info.machine_id.clear(); // Unknown is not different.
  CHECK(gate(pair).same_host);
}

TEST_CASE("two network namespaces of one boot are refused", "[diff]") {
  Pair pair;
  pair.b.info.net_namespace = 4'026'532'999;
  CHECK_THROWS_WITH(gate(pair), Contains("two network namespaces") && Contains("net:[4026532999]"));
  pair.b.info.net_namespace = 0;
  CHECK_NOTHROW(gate(pair));
  pair.b.info.net_namespace = 4'026'532'999;
  pair.b.info.boot_id = "another";
  CHECK_NOTHROW(gate(pair));
}

TEST_CASE("a reboot and a clock step are events", "[diff]") {
  Pair pair;
  pair.b.info.clocks.realtime_ns += 2 * second_ns;
  CHECK(diff_snapshots(pair.a, pair.b, {}).events.empty());
  pair.b.info.clocks.realtime_ns += 100 * second_ns;
  CHECK(in_words(diff_snapshots(pair.a, pair.b, {}).events) == Lines{"host.clock_step gw1 step_s=+102.0"});
  CHECK(gate(pair).clock_step_ns == 102 * second_ns);
  CHECK(gate(pair).elapsed_ns == 60 * second_ns);
  pair.b.info.boot_id = "another";
  pair.b.info.kernel_release = "6.12.0";
  const Diff rebooted = diff_snapshots(pair.a, pair.b, {});
  REQUIRE(count_events(rebooted.events, "host.rebooted") == 1);
  CHECK(rebooted.events[0].changed.size() == 2);
  CHECK(rebooted.comparability.clock_step_ns == 0);
  CHECK(rebooted.comparability.elapsed_ns == 162 * second_ns);
}

TEST_CASE("snapshots in the wrong order are compared with a doubt", "[diff]") {
  Pair pair;
  std::swap(pair.a, pair.b);
  const Comparability answer = gate(pair);
  CHECK(answer.elapsed_ns == -60 * second_ns);
  REQUIRE(answer.doubts.size() == 1);
  CHECK_THAT(answer.doubts[0], Contains("B was recorded before A"));
}

TEST_CASE("an unknown boot is concluded from the clocks", "[diff]") {
  Pair pair;
  pair.a.info.boot_id.clear();
  CHECK(gate(pair).same_boot);
  CHECK(gate(pair).doubts.size() == 1);
  pair.b.info.clocks.boottime_ns = second_ns;
  CHECK_FALSE(gate(pair).same_boot);
}

TEST_CASE("owners that one side could not see are not compared", "[diff]") {
  Pair pair;
  Socket owned = open;
  owned.pid = 1;
  add_table(pair.a, make_table(sockets, {owned})).coverage = "tcp=netlink owners=complete";
  add_table(pair.b, make_table(sockets, {open})).coverage = "tcp=netlink owners=partial";
  const Diff diff = diff_snapshots(pair.a, pair.b, {{"socket"}, {}});
  CHECK(diff.events.empty());
  CHECK_FALSE(diff.comparability.owners_comparable);
  REQUIRE(diff.comparability.doubts.size() == 1);
  CHECK_THAT(diff.comparability.doubts[0], Contains("owners"));
  pair.a.captures.front().coverage = "owners=partial";
  CHECK(gate(pair).owners_comparable);
  pair.b.info.euid = 1000;
  CHECK_FALSE(gate(pair).owners_comparable);
  // Whose descriptors were not reached in time differs from snapshot to snapshot.
  pair.b.info.euid = pair.a.info.euid;
  pair.a.captures.front().coverage = pair.b.captures.front().coverage = "tcp=netlink owners=late";
  CHECK_FALSE(gate(pair).owners_comparable);
}

TEST_CASE("processes are not compared where one side could see fewer", "[diff]") {
  Pair pair;
  add_table(pair.a, make_table(processes, {process(1, "init"), process(802, "postgres")})).coverage = "owners=complete";
  Capture& fewer = add_table(pair.b, make_table(processes, {process(802, "postgres")}));
  fewer.coverage = "owners=partial";
  fewer.status = CaptureStatus::partial;
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(diff.events.empty());
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].reason == "A saw the owners of sockets wholly (uid 0), B in part (uid 0)");
}

TEST_CASE("a partial table is compared with a doubt, and absence from it proves nothing", "[diff]") {
  Pair pair;
  add_table(pair.a, make_table(sockets, {open}));
  Capture& capture = add_table(pair.b, make_table(sockets, {}));
  capture.status = CaptureStatus::partial;
  capture.detail = "the dump was interrupted";
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  REQUIRE(diff.events.size() == 1);
  CHECK(diff.events[0].confidence == Confidence::inferred);
  REQUIRE(diff.comparability.doubts.size() == 1);
  CHECK_THAT(diff.comparability.doubts[0], Contains("the dump was interrupted") && Contains("B"));
}

TEST_CASE("tables that are partial for one reason share one doubt", "[diff]") {
  Pair pair;
  for (Snapshot* side : {&pair.a, &pair.b}) {
    for (Table table : {make_table(socket_owners, {}), make_table(processes, {})}) {
      Capture& capture = add_table(*side, std::move(table));
      capture.status = CaptureStatus::partial;
      capture.detail = "descriptors of 1 process not readable";
    }
  }
  CHECK(
    diff_snapshots(pair.a, pair.b, {}).comparability.doubts
    == std::vector<std::string>{"socket_owner, process of A and B are partial: descriptors of 1 process not readable"});
}

TEST_CASE("of two sources only what both say is compared", "[diff]") {
  Pair pair;
  Socket from_netlink = listener("0.0.0.0", 80, 5, 5);
  from_netlink.bound_interface = "eth0";
  Socket from_proc = from_netlink;
  from_proc.cookie.reset();
  from_proc.backlog.reset();
  from_proc.bound_interface.reset();
  add_table(pair.a, make_table(sockets, {from_netlink})).coverage = "tcp=netlink";
  Capture& proc = add_table(pair.b, make_table(sockets, {from_proc}));
  proc.coverage = "tcp=proc";
  proc.source = "proc";
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(in_words(diff.events).empty());
  REQUIRE(diff.comparability.doubts.size() == 1);
  CHECK_THAT(diff.comparability.doubts[0], Contains("netlink") && Contains("proc"));
}

TEST_CASE("a protocol that answered on one side only is not compared", "[diff]") {
  Pair pair;
  const Socket v6 = udp("::", 53, 6, 6);
  add_table(pair.a, make_table(sockets, {open, v6})).coverage = "tcp=netlink udp6=netlink udplite=absent";
  add_table(pair.b, make_table(sockets, {open})).coverage = "tcp=netlink udp6=denied udplite=absent";
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(diff.events.empty());
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].reason == "udp6 not collected: denied");
}

TEST_CASE("routes from /proc are compared as far as /proc tells them", "[diff]") {
  Pair pair;
  Route in_other_table = route_to("10.8.0.0", 16, "10.0.0.1", "eth0");
  in_other_table.table = 100;
  Route first = route_to("10.9.0.0", 16, "10.0.0.1", "eth0");
  first.hop = 0;
  first.weight = 1;
  Route second = route_to("10.9.0.0", 16, "10.0.0.2", "eth0");
  second.hop = 1;
  second.weight = 1;
  Route known = route_to("10.9.0.0", 16, "10.0.0.1", "eth0");
  known.protocol.reset();
  known.scope.reset();
  const Route v6 = route_to("fd77::", 64, nullptr, "eth0");
  add_table(pair.a, make_table(routes, {in_other_table, first, second, v6})).coverage = "inet=netlink inet6=netlink";
  Capture& proc = add_table(pair.b, make_table(routes, {known, route_to("::1", 128, nullptr, "lo")}));
  proc.source = "proc";
  proc.coverage = "inet=proc inet6=proc";
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(in_words(diff.events).empty());
  CHECK(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.doubts.size() == 1);
}

TEST_CASE("words of the coverage are found whole", "[diff]") {
  CHECK(find_coverage("tcp=netlink owners=complete", "owners") == "complete");
  CHECK(find_coverage("tcp6=proc tcp=netlink", "tcp") == "netlink");
  CHECK(find_coverage("owners", "owners").empty());
  CHECK(find_coverage("", "owners").empty());
  CHECK(find_coverage("  =x a= ", "a").empty());
}
