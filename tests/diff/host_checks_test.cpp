// SPDX-License-Identifier: MIT
#include "diff/host_checks.h"

#include "base/error.h"
#include "diff/recording.h"
#include "tables/protocol_counter.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using Catch::Contains;

namespace {

constexpr std::int64_t first_ns = 1'795'230'540 * second_ns;

struct Pair {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
};

std::vector<std::int64_t> recorded_at(std::initializer_list<std::int64_t> seconds) {
  std::vector<std::int64_t> moments;
  for (const std::int64_t second : seconds) {
    moments.push_back(first_ns + second * second_ns);
  }
  return moments;
}

} // namespace

TEST_CASE("two network namespaces are compared where it is asked for, by name only", "[diff]") {
  Pair pair;
  pair.b.info.net_namespace += 1;
  const Socket service = listener("0.0.0.0", 80, 1, 1);
  const Socket connection = tcp(TcpState::established, "10.0.0.5", 80, "10.0.0.9", 7, 2, 2);
  ProtocolCounter counter;
  counter.group = "Tcp";
  counter.name = "InErrs";
  counter.count = 5;
  add_table(pair.a, make_table(sockets, {service, connection}));
  add_table(pair.b, make_table(sockets, {service, connection}));
  add_table(pair.a, make_table(protocol_counters, {counter}));
  counter.count = 9;
  add_table(pair.b, make_table(protocol_counters, {counter}));
  CHECK_THROWS_WITH(check_hosts(pair.a, pair.b, {}), Contains("--cross-netns"));

  DiffOptions options;
  options.cross_namespaces = true;
  const Diff diff = diff_snapshots(pair.a, pair.b, options);
  CHECK_FALSE(diff.comparability.same_namespace);
  CHECK(diff.comparability.same_boot);
  REQUIRE(diff.comparability.doubts.size() == 1);
  CHECK_THAT(diff.comparability.doubts[0], Contains("two network namespaces"));
  CHECK(in_words(diff.events)
        == Lines{"sock.reopened tcp 10.0.0.5:80 <- 10.0.0.9:7 dir=inbound from=ESTABLISHED to=ESTABLISHED "
                 "reason=it is in another network namespace"});
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].table == "protocol_counter");
  CHECK(diff.coverage.empty());

  options.cross_namespaces = true;
  pair.b.info.net_namespace -= 1;
  CHECK(diff_snapshots(pair.a, pair.b, options).comparability.same_namespace);
}

TEST_CASE("another recorder and other rights are told", "[diff]") {
  Pair pair;
  pair.a.info.recorder = "hindstat 0.1.0";
  pair.b.info.recorder = "hindstat 0.1.0";
  CHECK(check_hosts(pair.a, pair.b, {}).comparability.notes.empty());
  pair.b.info.recorder = "hindstat 0.2.0";
  pair.b.info.euid = 1000;
  pair.a.info.capabilities = 0x3000;
  CHECK(check_hosts(pair.a, pair.b, {}).comparability.notes
        == Lines{"A was recorded with uid 0 and capabilities 3000, B with uid 1000 and capabilities 0",
                 "A was recorded by hindstat 0.1.0, B by hindstat 0.2.0"});
}

TEST_CASE("a time without snapshots is a gap when it is 5 times the usual", "[diff]") {
  const auto every_minute = recorded_at({0, 60, 120, 180, 240, 300, 360, 661, 721});
  CHECK(RecordingTimes(every_minute).usual_ns() == 60 * second_ns);
  const auto gaps = RecordingTimes(every_minute).gaps_between(first_ns, first_ns + 721 * second_ns);
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].from_ns == first_ns + 360 * second_ns);
  CHECK(gaps[0].to_ns == first_ns + 661 * second_ns);
  CHECK(RecordingTimes(every_minute).gaps_between(first_ns + 721 * second_ns, first_ns).size() == 1); // Backwards, too.
  CHECK(RecordingTimes(every_minute).gaps_between(first_ns, first_ns + 360 * second_ns).empty());     // Before it.
  CHECK(RecordingTimes(recorded_at({0, 60, 120, 180, 240, 300, 600}))
          .gaps_between(first_ns, first_ns + 600 * second_ns)
          .empty()); // 5 times is not more than that.
  CHECK(RecordingTimes(recorded_at({0, 60, 120, 7200}))
          .gaps_between(first_ns, first_ns + 7200 * second_ns)
          .empty()); // Too few to know what is usual.
  CHECK(RecordingTimes(recorded_at({0, 1, 2, 3, 4, 5, 14})).gaps_between(first_ns, first_ns + 14 * second_ns).empty());
  CHECK(RecordingTimes(recorded_at({0, 1, 2, 3, 4, 5, 15})).gaps_between(first_ns, first_ns + 15 * second_ns).size()
        == 1);
}

TEST_CASE("a gap is a doubt and a hidden event, no difference", "[diff]") {
  Pair pair;
  pair.b = snapshot_at(1000);
  DiffOptions options;
  options.recorded = RecordingTimes(recorded_at({-300, -240, -180, -120, -60, 0, 1000}));
  const Diff diff = diff_snapshots(pair.a, pair.b, options);
  CHECK(in_words(diff.events) == Lines{"recorder.gap gw1 gap_s=1000 usual_s=60 after_a_s=0"});
  CHECK(diff.events[0].spec->hidden);
  REQUIRE(diff.comparability.doubts.size() == 1);
  CHECK_THAT(diff.comparability.doubts[0], Contains("nothing was recorded for 1000 s") && Contains("every 60 s"));
}

TEST_CASE("a column that an older recorder did not have is no value", "[diff]") {
  const TableSpec spec = sockets.spec();
  std::vector<ColumnSpec> columns(spec.columns.begin(), spec.columns.end());
  std::erase_if(columns, [](const ColumnSpec& column) { return column.name == "uid"; });
  Socket mine = tcp(TcpState::established, "10.0.0.5", 80, "10.0.0.9", 7, 2, 2);
  mine.uid = 1000;
  const Table now = make_table(sockets, {mine});
  const Table then = now.converted_to(TableSpec{spec.name, spec.doc, columns}).converted_to(spec);
  CHECK(find_unrecorded_columns(now, now, false).empty());
  CHECK(find_unrecorded_columns(then, then, false).empty());
  CHECK(find_unrecorded_columns(then, now, false) == std::vector<std::string_view>{"uid"});
  CHECK(find_unrecorded_columns(then, Table(spec), false).empty());

  Pair pair;
  add_table(pair.a, then);
  add_table(pair.b, now);
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(in_words(diff.events).empty());
  CHECK(diff.comparability.doubts == Lines{"socket: only one side's recorder told uid: not compared"});
}

TEST_CASE("a new version of the recorder does not make news of what it alone tells", "[diff]") {
  Pair pair;
  pair.a.info.recorder = "hindstat 0.1.0";
  pair.b.info.recorder = "hindstat 0.2.0";
  Socket then = listener("0.0.0.0", 80, 1, 1);
  then.backlog = std::nullopt;
  const Socket now = listener("0.0.0.0", 80, 1, 1);
  add_table(pair.a, make_table(sockets, {then}));
  add_table(pair.b, make_table(sockets, {now}));
  const Diff diff = diff_snapshots(pair.a, pair.b, {});
  CHECK(in_words(diff.events).empty());
  CHECK(diff.comparability.doubts == Lines{"socket: only one side's recorder told backlog: not compared"});
  pair.b.info.recorder = pair.a.info.recorder;
  CHECK(count_events(diff_snapshots(pair.a, pair.b, {}).events, "listen.backlog") == 1);
}
