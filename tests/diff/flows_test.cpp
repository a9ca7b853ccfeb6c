// SPDX-License-Identifier: MIT
#include "diff/flows.h"

#include <catch2/catch.hpp>

#include "diff/output.h"
#include "tables/conntrack.h"
#include "tables/conntrack_stat.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

Conntrack masqueraded(std::uint16_t port = 40000) {
  Conntrack flow;
  flow.protocol = FlowProtocol::tcp;
  flow.source = ip("10.77.1.2");
  flow.source_port = port;
  flow.destination = ip("10.77.2.2");
  flow.destination_port = 443;
  flow.reply_source = flow.destination;
  flow.reply_source_port = 443;
  flow.reply_destination = ip("10.77.2.1");
  flow.reply_destination_port = port;
  flow.state = "ESTABLISHED";
  flow.flags = FlagSet<FlowFlag>(3);
  flow.nat.set(NatKind::source);
  flow.id = 17;
  flow.mark = 0;
  flow.use = 1;
  flow.expires = 10'400'000;
  flow.packets = 2;
  return flow;
}

std::vector<Event> diff_of(const std::vector<Conntrack>& before, const std::vector<Conntrack>& after) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(conntracks, before)).coverage = "conntrack=netlink dump=skipped";
  add_table(b, make_table(conntracks, after)).coverage = "conntrack=netlink";
  return diff_snapshots(a, b, {}).events;
}

} // namespace

TEST_CASE("a new masqueraded connection is one line that says what it is hidden behind", "[diff]") {
  const std::vector<Event> events = diff_of({masqueraded(1)}, {masqueraded(1), masqueraded()});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "row.added");
  CHECK(events[0].key == "tcp 10.77.1.2:40000 > 10.77.2.2:443");
  CHECK(describe_event(events[0])
        == "state ESTABLISHED, flags replied,assured, nat source, reply_destination 10.77.2.1");
}

TEST_CASE("a flow that is only tracked has nothing to say of its mirrored tuple", "[diff]") {
  Conntrack plain = masqueraded();
  plain.nat = {};
  plain.reply_destination = plain.source;
  plain.source = ip("fd00::1");
  plain.destination = ip("fd00::2");
  plain.reply_source = plain.destination;
  plain.reply_destination = plain.source;
  plain.zone = 4;
  const std::vector<Event> events = diff_of({plain}, {});
  REQUIRE(events.size() == 1);
  CHECK(events[0].key == "tcp [fd00::1]:40000 > [fd00::2]:443 zone 4");
  CHECK(describe_event(events[0]) == "state ESTABLISHED, flags replied,assured");
}

TEST_CASE("timers and reference counts are no difference, packets are a hidden one, a state is one", "[diff]") {
  Conntrack later = masqueraded();
  later.expires = 99'999'999;
  later.use = 3;
  CHECK(diff_of({masqueraded()}, {later}).empty());
  later.packets = 9;
  const std::vector<Event> counted = diff_of({masqueraded()}, {later});
  REQUIRE(counted.size() == 1);
  CHECK(counted[0].spec->hidden);
  later = masqueraded();
  later.state = "CLOSE";
  const std::vector<Event> closed = diff_of({masqueraded()}, {later});
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].spec->name == "row.changed");
  CHECK(describe_event(closed[0]) == "state ESTABLISHED -> CLOSE");
}

TEST_CASE("the same tuples under another id are another flow", "[diff]") {
  Conntrack again = masqueraded();
  again.id = 18;
  CHECK(diff_of({masqueraded()}, {again}).size() == 2);
}

TEST_CASE("a ping is named by type and identifier", "[diff]") {
  Conntrack ping;
  ping.protocol = FlowProtocol::icmp;
  ping.source = ip("10.0.0.1");
  ping.destination = ip("10.0.0.2");
  ping.icmp_type = 8;
  ping.icmp_code = 0;
  ping.icmp_id = 77;
  CHECK(diff_of({}, {ping}).at(0).key == "icmp 10.0.0.1 > 10.0.0.2 type 8/0 id 77");
}

TEST_CASE("counters of connection tracking that one side could not read are not compared", "[diff]") {
  Snapshot before = snapshot_at(0);
  Snapshot after = snapshot_at(60);
  const ConntrackStatistic drop{"", "drop", 3, std::nullopt};
  const ConntrackStatistic max{"", "max", std::nullopt, 262'144};
  add_table(before, make_table(conntrack_statistics, {drop, max})).coverage = "counters=proc";
  add_table(after, make_table(conntrack_statistics, {max})).coverage = "counters=denied";
  const Diff diff = diff_snapshots(before, after, {});
  CHECK(diff.events.empty());
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].reason == "counters not collected: denied");
}
