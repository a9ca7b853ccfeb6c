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
  REQUIRE(in_words(events)
          == Lines{"nat.created tcp 10.77.1.2:40000 > 10.77.2.2:443 state=ESTABLISHED masqueraded_as=10.77.2.1:40000"});
  CHECK(describe_event(events[0]) == "ESTABLISHED, masqueraded as 10.77.2.1:40000");
  CHECK(events[0].incarnation == "n:17");
  Conntrack forwarded = masqueraded();
  forwarded.nat = {};
  forwarded.nat.set(NatKind::destination);
  forwarded.reply_source = ip("fd00::80");
  forwarded.reply_source_port = 8443;
  CHECK(describe_event(diff_of({}, {forwarded}).at(0)) == "ESTABLISHED, served by [fd00::80]:8443");
}

TEST_CASE("a flow that is only tracked is hidden: its sockets tell the same", "[diff]") {
  Conntrack plain = masqueraded();
  plain.nat = {};
  plain.source = ip("fd00::1");
  plain.destination = ip("fd00::2");
  plain.reply_source = plain.destination;
  plain.reply_destination = plain.source;
  plain.zone = 4;
  plain.state = "CLOSE";
  const std::vector<Event> events = diff_of({plain}, {});
  REQUIRE(in_words(events)
          == Lines{"flow.destroyed tcp [fd00::1]:40000 > [fd00::2]:443 zone 4 how=closed state=CLOSE"});
  CHECK(describe_event(events[0]) == "closed, was CLOSE");
  CHECK(events[0].spec->hidden);
  CHECK(events[0].spec->shown_when_chosen);
}

TEST_CASE("timers and reference counts are no difference, packets are a hidden one with a rate", "[diff]") {
  Conntrack later = masqueraded();
  later.expires = 99'999'999;
  later.use = 3;
  CHECK(diff_of({masqueraded()}, {later}).empty());
  later.packets = 62;
  const std::vector<Event> counted = diff_of({masqueraded()}, {later});
  REQUIRE(in_words(counted)
          == Lines{"row.counted tcp 10.77.1.2:40000 > 10.77.2.2:443 deltas=packets +60 per_second=packets 1.0"});
  CHECK(counted[0].spec->hidden);
  const std::vector<Event> zeroed = diff_of({later}, {masqueraded()});
  REQUIRE(in_words(zeroed) == Lines{"nat.changed tcp 10.77.1.2:40000 > 10.77.2.2:443"});
  CHECK(zeroed[0].why == Lines{"packets started again"});
}

TEST_CASE("of what a living flow did the furthest step is told, once", "[diff]") {
  Conntrack fresh = masqueraded();
  fresh.state = "SYN_SENT";
  fresh.flags = FlagSet<FlowFlag>(0);
  const auto step = [](const Conntrack& from, const Conntrack& to) { return in_words(diff_of({from}, {to})); };
  const std::string key = " tcp 10.77.1.2:40000 > 10.77.2.2:443";
  CHECK(step(fresh, masqueraded()) == Lines{"nat.replied" + key + " from=SYN_SENT to=ESTABLISHED"});
  Conntrack answered = masqueraded();
  answered.flags = FlagSet<FlowFlag>(1);
  CHECK(step(answered, masqueraded()) == Lines{"nat.assured" + key});
  Conntrack closing = masqueraded();
  closing.state = "TIME_WAIT";
  CHECK(step(masqueraded(), closing) == Lines{"nat.state" + key + " from=ESTABLISHED to=TIME_WAIT"});
  Conntrack marked = masqueraded();
  marked.mark = 7;
  CHECK(step(masqueraded(), marked) == Lines{"nat.changed" + key});
  CHECK(step(masqueraded(), answered) == Lines{"nat.changed" + key});
}

TEST_CASE("the same tuples under another id are another flow, with another reply tuple rewritten", "[diff]") {
  Conntrack again = masqueraded();
  again.id = 18;
  CHECK(in_words(diff_of({masqueraded()}, {again}))
        == Lines{"nat.recycled tcp 10.77.1.2:40000 > 10.77.2.2:443 state=ESTABLISHED masqueraded_as=10.77.2.1:40000"});
  again.id = 17; // The kernel may give the identifier again.
  again.started = 2;
  Conntrack first = masqueraded();
  first.started = 1;
  CHECK(diff_of({first}, {again}).at(0).spec->name == "nat.recycled");
  again.started = first.started;
  CHECK(diff_of({first}, {again}).empty());
  again.flags = FlagSet<FlowFlag>(0);
  CHECK(diff_of({first}, {again}).at(0).spec->name == "nat.recycled");
  again = masqueraded();
  again.id = 18;
  again.reply_destination_port = 50'000;
  const auto rewritten = diff_of({masqueraded()}, {again});
  REQUIRE(in_words(rewritten)
          == Lines{"nat.rewritten tcp 10.77.1.2:40000 > 10.77.2.2:443 old=as 10.77.2.1:40000 new=as 10.77.2.1:50000"});
  CHECK(severity_of(rewritten[0]) == Severity::warn);
}

TEST_CASE("a flow that is gone was closed, timed out or ended early", "[diff]") {
  const auto end_of = [](const Conntrack& flow, const std::vector<Conntrack>& others = {}) {
    std::vector<Conntrack> before = others;
    before.push_back(flow);
    for (const Event& event : diff_of(before, others)) {
      if (event.spec->name == "nat.destroyed") {
        return *find_field(event, "how") + (event.why.empty() ? "" : ": " + event.why.front());
      }
    }
    return std::string("nothing");
  };
  Conntrack flow = masqueraded();
  CHECK(end_of(flow) == "early: it may have been closed and forgotten meanwhile"); // B is at 10,060 s.
  flow.expires = 10'065'000;
  CHECK(end_of(flow) == "timed_out");
  flow.expires = 10'065'001;
  CHECK(end_of(flow) == "early: it may have been closed and forgotten meanwhile");
  flow.protocol = FlowProtocol::udp;
  flow.state = std::nullopt;
  CHECK(end_of(flow) == "early");
  flow.state = "TIME_WAIT";
  CHECK(end_of(flow) == "closed");
  flow.state = std::nullopt;
  flow.expires = std::nullopt;
  const auto unknown = diff_of({flow}, {});
  REQUIRE(unknown.size() == 1);
  CHECK(find_field(unknown[0], "how") == nullptr);
  CHECK(unknown[0].why == Lines{"no timer was recorded"});
}

TEST_CASE("flows that all ended early were flushed", "[diff]") {
  const auto events =
    diff_of({masqueraded(1), masqueraded(2), masqueraded(3), masqueraded(4), masqueraded(5)}, {masqueraded(5)});
  REQUIRE(count_events(events, "nat.destroyed") == 4);
  for (const Event& event : events) {
    CHECK(event.why == Lines{"4 of 5 flows that should have stayed are gone"});
    CHECK(severity_of(event) == Severity::warn);
  }
}

TEST_CASE("a public port that another client has now is one event", "[diff]") {
  Conntrack other = masqueraded();
  other.source = ip("10.77.1.22");
  other.id = 30;
  const auto events = diff_of({masqueraded()}, {other});
  REQUIRE(in_words(events)
          == Lines{"nat.port_moved tcp 10.77.1.22:40000 > 10.77.2.2:443 how=early old=tcp 10.77.1.2:40000 > "
                   "10.77.2.2:443 new=tcp 10.77.1.22:40000 > 10.77.2.2:443"});
  CHECK(events[0].before_row == 0);
  CHECK(events[0].after_row == 0);
  Conntrack same_client = masqueraded();
  same_client.source_port = 41'000;
  CHECK(diff_of({masqueraded()}, {same_client}).size() == 2);
}

TEST_CASE("flows do not outlive a reboot", "[diff]") {
  Snapshot before = snapshot_at(0);
  Snapshot after = snapshot_at(60);
  after.info.boot_id = "22222222-2222-3333-4444-555555555555";
  add_table(before, make_table(conntracks, {masqueraded(1), masqueraded(2)}));
  Conntrack other = masqueraded(1);
  other.id = 99;
  other.state = "SYN_SENT";
  add_table(after, make_table(conntracks, {other, masqueraded(3)}));
  const Diff diff = diff_snapshots(before, after, {{"conntrack"}, {}});
  CHECK(count_events(diff.events, "nat.created") == 1);
  CHECK(count_events(diff.events, "nat.destroyed") == 0);
  CHECK(diff.comparability.notes.back() == "conntrack: another boot: 1 flows of A ended with the one before");
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
