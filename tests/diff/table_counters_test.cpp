// SPDX-License-Identifier: MIT
#include "diff/table_counters.h"

#include "diff/output.h"
#include "tables/conntrack_stat.h"
#include "tables/interface_counter6.h"
#include "tables/protocol_counter.h"
#include "tables/table_stat.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

template <typename Definition>
std::vector<Event> diff_of(const Definition& definition, const std::vector<typename Definition::Row>& before,
                           const std::vector<typename Definition::Row>& after, std::int64_t seconds = 60,
                           bool reboot = false) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(seconds);
  if (reboot) {
    b.info.boot_id = "22222222-2222-3333-4444-555555555555";
  }
  add_table(a, make_table(definition, before));
  add_table(b, make_table(definition, after));
  auto events = diff_snapshots(a, b, {}).events;
  std::erase_if(events, [](const Event& event) { return event.table == "host"; });
  return events;
}

ConntrackStatistic conntrack_count(const char* name, std::uint64_t count) {
  return {"", name, count, std::nullopt};
}

TableStatistic cache_count(const char* name, std::uint64_t count) {
  return {"", "rt_cache", name, count, std::nullopt};
}

} // namespace

TEST_CASE("what connection tracking refused is an error with a rate and a share", "[diff]") {
  const auto events =
    diff_of(conntrack_statistics, {conntrack_count("insert_failed", 3), conntrack_count("insert", 10)},
            {conntrack_count("insert_failed", 9), conntrack_count("insert", 304)});
  CHECK(in_words(events)
        == Lines{"stat.errors conntrack insert_failed delta=6 per_second=0.1 percent=2 of=conntrack insert",
                 "stat.counted conntrack insert delta=294 per_second=4.9"});
  CHECK(describe_event(events.at(0)) == "+6, 2% of conntrack insert");
}

TEST_CASE("how many flows there are is a level, of which noise is not told", "[diff]") {
  const auto levels = [](std::uint64_t from, std::uint64_t to) {
    return in_words(
      diff_of(conntrack_statistics, {{"", "entries", std::nullopt, from}}, {{"", "entries", std::nullopt, to}}));
  };
  CHECK(levels(100, 120).empty());
  CHECK(levels(100, 300) == Lines{"stat.level conntrack entries"});
}

TEST_CASE("a sum over CPUs wraps by 2^32, or it started again", "[diff]") {
  constexpr std::uint64_t two_to_32 = 1ULL << 32;
  const auto wrapped =
    diff_of(table_statistics, {cache_count("out_slow_tot", two_to_32 + 1'000)}, {cache_count("out_slow_tot", 3'000)});
  REQUIRE(in_words(wrapped) == Lines{"stat.counted rt_cache out_slow_tot delta=2000 per_second=33.3"});
  CHECK(wrapped[0].why == Lines{"wrapped at 2^32"});
  const auto reset =
    diff_of(table_statistics, {cache_count("in_slow_tot", 100'000)}, {cache_count("in_slow_tot", 600)});
  REQUIRE(in_words(reset)
          == Lines{"stat.reset counters counters=1", "stat.counted rt_cache in_slow_tot delta=600 at_least=true"});
  CHECK(reset[1].why == Lines{"started again, the rate is unknown (at least 10.0 a second)"});
}

TEST_CASE("a full table is an error, what a cache of the whole machine does is not", "[diff]") {
  const auto events =
    diff_of(table_statistics, {{"", "arp_cache", "table_fulls", 0, {}}, {"", "arp_cache", "lookups", 0, {}}},
            {{"", "arp_cache", "table_fulls", 2, {}}, {"", "arp_cache", "lookups", 9, {}}});
  CHECK(in_words(events)
        == Lines{"stat.errors arp_cache table_fulls delta=2 per_second=0.033",
                 "stat.counted arp_cache lookups delta=9 per_second=0.15"});
}

TEST_CASE("after a reboot counters say what they counted since", "[diff]") {
  CHECK(in_words(diff_of(conntrack_statistics, {conntrack_count("drop", 500)}, {conntrack_count("drop", 5)}, 60, true))
        == Lines{"stat.errors conntrack drop delta=5 per_second=0.0005 since_boot=true"});
}

TEST_CASE("a rate of two readings at one moment is not made up", "[diff]") {
  const auto events = diff_of(conntrack_statistics, {conntrack_count("found", 1)}, {conntrack_count("found", 2)}, 0);
  REQUIRE(in_words(events) == Lines{"stat.counted conntrack found delta=1"});
  CHECK(events[0].why == Lines{"the rate is unknown: when the two were read is not"});
}

TEST_CASE("what an interface counted of IPv6 never shouts, also when it starts again", "[diff]") {
  const auto events =
    diff_of(interface_counters6, {{"", "eth0", "Ip6", "InDiscards", 7}, {"", "eth1", "Ip6", "InReceives", 1}},
            {{"", "eth0", "Ip6", "InDiscards", 2}});
  CHECK(in_words(events) == Lines{"stat.counted Ip6InDiscards dev eth0 delta=2 at_least=true"});
}

TEST_CASE("retransmissions and full receive buffers are told as shares of what was tried", "[diff]") {
  const auto counter = [](const char* group, const char* name, std::uint64_t count) {
    ProtocolCounter row;
    row.group = group;
    row.name = name;
    row.count = count;
    return row;
  };
  const auto events = diff_of(protocol_counters,
                              {counter("Tcp", "OutSegs", 0), counter("Tcp", "RetransSegs", 0),
                               counter("Udp", "InDatagrams", 0), counter("Udp", "RcvbufErrors", 0)},
                              {counter("Tcp", "OutSegs", 1000), counter("Tcp", "RetransSegs", 15),
                               counter("Udp", "InDatagrams", 30), counter("Udp", "RcvbufErrors", 10)});
  REQUIRE(count_events(events, "stat.errors") == 2);
  CHECK(describe_event(events[0]) == "+15, 1.5% of TcpOutSegs");
  CHECK(describe_event(events[1]) == "+10, 25% of UdpInDatagrams");
}
