// SPDX-License-Identifier: MIT
#include "diff/counters.h"

#include "diff/counter_delta.h"
#include "diff/output.h"
#include "tables/protocol_counter.h"
#include "tables/sockstat.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using Catch::Contains;

namespace {

ProtocolCounter counter(const std::string& group, const std::string& name, std::uint64_t count) {
  ProtocolCounter row;
  row.group = group;
  row.name = name;
  row.count = count;
  return row;
}

ProtocolCounter level(const std::string& group, const std::string& name, std::int64_t value) {
  ProtocolCounter row;
  row.group = group;
  row.name = name;
  row.level = value;
  return row;
}

struct Readings {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);

  Readings(const std::vector<ProtocolCounter>& before, const std::vector<ProtocolCounter>& after) {
    add_table(a, make_table(protocol_counters, before));
    add_table(b, make_table(protocol_counters, after));
  }
  [[nodiscard]] Diff diff(const std::vector<std::string>& tables = {}) const {
    return diff_snapshots(a, b, {tables, {}});
  }
  [[nodiscard]] std::string text(const std::vector<std::string>& tables = {}, bool all = false) const {
    DiffLabels labels;
    labels.before = {&a, 1, "aa", ""};
    labels.after = {&b, 2, "bb", ""};
    labels.format_time = [](std::int64_t) { return std::string("t"); };
    labels.format_duration = [](std::int64_t) { return std::string("d"); };
    return format_diff_text(diff(tables), labels, {all, false});
  }
};

CountedTime seconds(double count) {
  CountedTime time;
  time.seconds = count;
  return time;
}

} // namespace

TEST_CASE("errors are shown with their rate, what else was counted is hidden", "[diff]") {
  const Readings readings({counter("Udp", "NoPorts", 5), counter("Udp", "InDatagrams", 100)},
                          {counter("Udp", "NoPorts", 35), counter("Udp", "InDatagrams", 6100)});
  const Diff diff = readings.diff();
  CHECK(in_words(diff.events)
        == Lines{"stat.errors UdpNoPorts delta=30 per_second=0.5",
                 "stat.counted UdpInDatagrams delta=6000 per_second=100"});
  CHECK(has_differences(diff));
  CHECK_THAT(readings.text(),
             Contains("stats (per second)\n#  UdpNoPorts  0.5  +30\n   ... 1 more that count no errors"));
  CHECK_THAT(readings.text({}, true), Contains("#  UdpInDatagrams  100  +6000") && !Contains("more that count"));
  CHECK_THAT(readings.text({"protocol_counter"}), Contains("#  UdpInDatagrams  100  +6000"));
}

TEST_CASE("rates are those of the time between the readings of the table itself", "[diff]") {
  Readings readings({counter("Udp", "NoPorts", 0)}, {counter("Udp", "NoPorts", 50)});
  readings.a.captures[0].began_us = 10'000'000; // Read 10 s after the snapshot began.
  CHECK(in_words(readings.diff().events) == Lines{"stat.errors UdpNoPorts delta=50 per_second=1.0"});
}

TEST_CASE("a counter that fell started again, whatever its size", "[diff]") {
  const Readings readings(
    {counter("Ip", "InReceives", 8'000'000'000), counter("Tcp", "InErrs", 70), counter("Tcp", "InSegs", 10)},
    {counter("Ip", "InReceives", 5), counter("Tcp", "InErrs", 3), counter("Tcp", "InSegs", 15)});
  const auto events = readings.diff().events;
  CHECK(in_words(events)
        == Lines{"stat.reset counters counters=2", "stat.errors TcpInErrs delta=3 at_least=true",
                 "stat.counted IpInReceives delta=5 at_least=true", "stat.counted TcpInSegs delta=5 per_second=0.083"});
  CHECK(events[0].why == Lines{"IpInReceives, TcpInErrs fell"});
  CHECK(events[3].confidence == Confidence::inferred);
}

TEST_CASE("a fall of a counter is told: wrapped, started again or no count at all", "[diff]") {
  const auto kind = [](std::uint64_t before, std::uint64_t after, double time, bool narrow) {
    return count_between(before, after, seconds(time), narrow).kind;
  };
  CHECK(kind(4'294'967'290, 4, 60, true) == DeltaKind::wrapped);
  CHECK(count_between(4'294'967'290, 4, seconds(60), true).amount == 10);
  CHECK(kind(4'294'967'290, 4, 60, false) == DeltaKind::reset);
  CHECK(kind(5'000, 4, 60, true) == DeltaKind::reset); // It cannot have counted 2^32 in a minute.
  CHECK(kind(4'294'967'296, 4, 60, true) == DeltaKind::reset);
  CHECK(kind(5, ~0ULL, 60, true) == DeltaKind::implausible);
  CHECK(kind(~0ULL, ~0ULL, 60, true) == DeltaKind::nothing);
  CountedTime rebooted = seconds(100);
  rebooted.same_boot = false;
  CHECK(count_between(500, 7, rebooted, false).kind == DeltaKind::since_boot);
  CHECK(count_between(500, 7, rebooted, false).amount == 7);
  CHECK(format_rate(5, seconds(0)).empty());
  CHECK(format_rate(1, seconds(60)) == "0.017");
  CHECK(format_rate(1234567, seconds(10)) == "123457");
}

TEST_CASE("after a reboot counters count since then", "[diff]") {
  Readings readings({counter("Tcp", "InErrs", 70), counter("Tcp", "OldErrs", 1)}, {counter("Tcp", "InErrs", 70)});
  readings.b.info.boot_id = "99999999-2222-3333-4444-555555555555";
  readings.b.info.clocks.boottime_ns = 100 * second_ns;
  const Diff diff = readings.diff();
  REQUIRE(diff.events.size() == 2);
  CHECK(in_words(diff.events[1]) == "stat.errors TcpInErrs delta=70 per_second=0.7 since_boot=true");
  CHECK(diff.comparability.notes.back() == "protocol_counter: 1 counter known to one side only: TcpOldErrs");
}

TEST_CASE("settings change, levels move, and both have their own kinds", "[diff]") {
  const Readings readings({level("Ip", "Forwarding", 2), level("Tcp", "CurrEstab", 10)},
                          {level("Ip", "Forwarding", 1), level("Tcp", "CurrEstab", 50)});
  const auto events = readings.diff().events;
  REQUIRE(in_words(events) == Lines{"stat.changed IpForwarding", "stat.level TcpCurrEstab"});
  CHECK_FALSE(events[0].spec->hidden);
  CHECK(events[1].spec->hidden);
  CHECK(Readings({level("Tcp", "CurrEstab", 10)}, {level("Tcp", "CurrEstab", 12)}).diff().events.empty());
}

TEST_CASE("a counter that one side does not know is a note, one that the kernel prints late counts", "[diff]") {
  const Readings readings({counter("Tcp", "Old", 5)},
                          {counter("TcpExt", "New", 5), counter("IcmpMsg", "OutType3", 4), counter("Tcp", "Old", 5)});
  const Diff diff = readings.diff();
  CHECK(in_words(diff.events) == Lines{"stat.counted IcmpMsgOutType3 delta=4 per_second=0.067"});
  CHECK(diff.comparability.notes == Lines{"protocol_counter: 1 counter known to one side only: TcpExtNew"});
}

TEST_CASE("levels of socket use make no noise", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  SocketStatistic used{"", "sockets", "used", 200};
  add_table(a, make_table(socket_statistics, {used}));
  used.value = 203;
  add_table(b, make_table(socket_statistics, {used}));
  CHECK(diff_snapshots(a, b, {}).events.empty());
  Snapshot c = snapshot_at(90);
  used.value = 900;
  add_table(c, make_table(socket_statistics, {used}));
  const Diff diff = diff_snapshots(a, c, {});
  CHECK(in_words(diff.events) == Lines{"stat.level sockets used"});
  CHECK_FALSE(has_differences(diff));
}
