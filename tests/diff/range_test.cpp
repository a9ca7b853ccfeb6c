// SPDX-License-Identifier: MIT
#include "diff/range.h"

#include <algorithm>

#include "diff/range_output.h"
#include "diff/tcp_states.h"
#include "tables/interface.h"
#include "tests/diff/diff_fixture.h"
#include "tests/diff/random_sockets.h"

using namespace hindstat;

namespace {

constexpr std::int64_t minute_ns = 60 * second_ns;

Snapshot minute(std::int64_t number, const std::vector<Socket>& rows) {
  Snapshot snapshot = snapshot_at(60 * number);
  add_table(snapshot, make_table(sockets, rows)).coverage = "tcp=netlink owners=complete";
  return snapshot;
}

RangePoint point_of(const Snapshot& snapshot, std::size_t id) {
  return {static_cast<std::int64_t>(id), snapshot.info.clocks.realtime_ns, snapshot.info.clocks.boottime_ns};
}

RangeSummary fold(const std::vector<Snapshot>& snapshots) {
  RangeFold fold(point_of(snapshots.front(), 1), count_levels(snapshots.front()));
  for (std::size_t i = 1; i < snapshots.size(); ++i) {
    fold.add(digest_step(diff_snapshots(snapshots[i - 1], snapshots[i], {}), point_of(snapshots[i - 1], i),
                         point_of(snapshots[i], i + 1), snapshots[i], false));
  }
  return std::move(fold).finish();
}

std::uint64_t total(const RangeSummary& range, std::string_view kind) {
  std::uint64_t sum = 0;
  for (const RangeCount& count : range.counts) {
    sum += count.spec->name == kind ? count.total : 0;
  }
  return sum;
}

const StateDwell& dwell_in(const RangeSummary& range, TcpState state) {
  const auto found = std::ranges::find(range.lifetimes.states, state, &StateDwell::state);
  REQUIRE(found != range.lifetimes.states.end());
  return *found;
}

Socket client(TcpState state, std::uint16_t port, std::uint64_t cookie) {
  return tcp(state, "10.0.0.5", 5432, "10.0.1.9", port, cookie, state == TcpState::time_wait ? 0 : 7);
}

RangeLabels plain_labels() {
  RangeLabels labels;
  labels.store = "a.db";
  labels.host = "gw1";
  labels.format_time = [](std::int64_t ns) { return std::to_string(ns / second_ns - 1'795'230'540); };
  labels.format_duration = [](std::int64_t ns) { return std::to_string(ns / second_ns) + " s"; };
  return labels;
}

} // namespace

TEST_CASE("a connection's life is bounded by the snapshots around it", "[diff]") {
  const Socket listens = listener("10.0.0.5", 5432, 1, 1);
  const RangeSummary range = fold({
    minute(0, {listens}),
    minute(1, {listens, client(TcpState::established, 1, 11)}),
    minute(2, {listens, client(TcpState::established, 1, 11)}),
    minute(3, {listens, client(TcpState::close_wait, 1, 11)}),
    minute(5, {listens}),
  });
  CHECK(total(range, "sock.opened") == 1);
  CHECK(total(range, "sock.closed") == 1);
  const Lifetimes& lives = range.lifetimes;
  REQUIRE(lives.whole.count == 1);
  CHECK(lives.whole.longest.least == 2 * minute_ns); // Seen at 1 and at 3 ...
  CHECK(lives.whole.longest.most == 5 * minute_ns);  // ... but not at 0 and at 5.
  CHECK(lives.from_before == 0);
  CHECK(lives.still_open == 0);
  const StateDwell& established = dwell_in(range, TcpState::established);
  REQUIRE(established.whole.count == 1);
  CHECK(established.whole.median.least == 1 * minute_ns);
  CHECK(established.whole.median.most == 3 * minute_ns);
  const StateDwell& close_wait = dwell_in(range, TcpState::close_wait);
  REQUIRE(close_wait.whole.count == 1);
  CHECK(close_wait.whole.median.least == 0);
  CHECK(close_wait.whole.median.most == 3 * minute_ns);
}

TEST_CASE("what began before a range or goes on behind it has no length", "[diff]") {
  const RangeSummary range = fold({
    minute(0, {client(TcpState::established, 1, 11), client(TcpState::established, 2, 12)}),
    minute(1, {client(TcpState::established, 2, 12), client(TcpState::established, 3, 13)}),
    minute(2, {client(TcpState::established, 2, 12), client(TcpState::established, 3, 13)}),
  });
  CHECK(range.lifetimes.whole.count == 0);
  CHECK(range.lifetimes.from_before == 1);
  CHECK(range.lifetimes.still_open == 1);
  CHECK(range.lifetimes.throughout == 1);
  CHECK(dwell_in(range, TcpState::established).entered_before == 1);
  CHECK(dwell_in(range, TcpState::established).still == 1);
}

TEST_CASE("a connection that came and went lived less than a step, and its TIME_WAIT has a length", "[diff]") {
  const RangeSummary range = fold({minute(0, {}), minute(1, {client(TcpState::time_wait, 1, 11)}), minute(2, {})});
  CHECK(total(range, "sock.opened") == 1);
  REQUIRE(range.steps.size() == 2);
  CHECK(range.steps[0].tcp.came_and_went == 1);
  CHECK(range.steps[0].open_after == 0);
  CHECK(range.steps[1].tcp.reaped == 1);
  REQUIRE(range.lifetimes.whole.count == 1);
  CHECK(range.lifetimes.whole.longest.least == 0);
  CHECK(range.lifetimes.whole.longest.most == minute_ns);
  CHECK(dwell_in(range, TcpState::time_wait).whole.longest.most == 2 * minute_ns);
}

TEST_CASE("churn says how much of what was open stayed", "[diff]") {
  std::vector<Socket> ten;
  for (std::uint16_t port = 1; port <= 10; ++port) {
    ten.push_back(client(TcpState::established, port, port));
  }
  std::vector<Socket> later(ten.begin() + 5, ten.end());
  for (std::uint16_t port = 11; port <= 20; ++port) {
    later.push_back(client(TcpState::established, port, port));
  }
  const RangeSummary range = fold({minute(0, ten), minute(1, ten), minute(2, later)});
  CHECK(range.steps[0].kept == 1);
  CHECK(range.steps[1].kept == Approx(5.0 / 20));
  CHECK(range.steps[1].open_after == 15);
  const auto established = std::ranges::find(range.levels, "tcp ESTABLISHED", &LevelCourse::name);
  REQUIRE(established != range.levels.end());
  CHECK(established->first == 10);
  CHECK(established->highest == 15);
  CHECK(established->highest_at == 2);
}

TEST_CASE("a step much longer than the others is a gap", "[diff]") {
  const RangeSummary range =
    fold({minute(0, {}), minute(1, {}), minute(2, {}), minute(3, {}), minute(9, {}), minute(10, {})});
  REQUIRE(range.usual_ns == minute_ns);
  REQUIRE(range.gaps.size() == 1);
  CHECK(range.gaps[0].step == 3);
  CHECK(range.gaps[0].elapsed_ns == 6 * minute_ns);
}

TEST_CASE("what goes to and fro is one flap, and what goes on is not", "[diff]") {
  const auto with_state = [](std::int64_t number, OperState state, std::uint32_t mtu) {
    Interface row;
    row.name = "eth0";
    row.ifindex = 2;
    row.flags = FlagSet<InterfaceFlag>(0x1003);
    row.operstate = state;
    row.mtu = mtu;
    Snapshot snapshot = snapshot_at(60 * number);
    add_table(snapshot, make_table(interfaces, std::vector<Interface>{row}));
    return snapshot;
  };
  std::vector<Snapshot> snapshots;
  for (std::int64_t i = 0; i < 6; ++i) {
    snapshots.push_back(
      with_state(i, i % 2 == 0 ? OperState::up : OperState::down, 1500 + static_cast<std::uint32_t>(i)));
  }
  const RangeSummary range = fold(snapshots);
  std::vector<const Event*> flaps;
  std::size_t mtus = 0;
  for (const RangeEvent& one : range.events) {
    if (one.event.spec->name == "range.flap") {
      flaps.push_back(&one.event);
    }
    mtus += one.event.spec->name == "if.mtu" ? 1U : 0U;
  }
  REQUIRE(flaps.size() == 1);
  CHECK(flaps[0]->key == "eth0");
  CHECK(*find_field(*flaps[0], "transitions") == "5");
  CHECK(mtus == 5);
}

TEST_CASE("every connection of a range is opened once and closed once", "[diff]") {
  Rng rng(77);
  const auto count_open = [](const Snapshot& snapshot) {
    std::uint64_t open = 0;
    for (const auto& [name, level] : count_levels(snapshot)) {
      for (const ValueName& state : NamesOf<TcpState>::values) {
        if (name == "tcp " + std::string(state.name)
            && tcp_phase(static_cast<TcpState>(state.value)) == TcpPhase::open) {
          open += level;
        }
      }
    }
    return open;
  };
  for (int round = 0; round < 40; ++round) {
    std::vector<Snapshot> snapshots;
    for (std::int64_t i = 0; i < 8; ++i) {
      Snapshot snapshot = snapshot_at(60 * i);
      // Real rows have cookies: torn reads have their own tests.
      std::vector<Socket> rows;
      for (std::uint16_t port = 1; port < 12; ++port) {
        if (rng() % 3 != 0) {
          rows.push_back(client(static_cast<TcpState>(1 + rng() % 9), port, 1 + rng() % 3 + 10 * port));
        }
      }
      add_table(snapshot, make_table(sockets, rows)).coverage = "tcp=netlink owners=complete";
      snapshots.push_back(std::move(snapshot));
    }
    const RangeSummary range = fold(snapshots);
    std::uint64_t open = count_open(snapshots.front());
    for (std::size_t i = 0; i < range.steps.size(); ++i) {
      INFO("round " << round << " step " << i);
      const RangeStep& step = range.steps[i];
      CHECK(open + step.tcp.opened - step.tcp.closed == count_open(snapshots[i + 1]));
      open = count_open(snapshots[i + 1]);
      CHECK(step.open_after == open);
    }
    const Lifetimes& lives = range.lifetimes;
    std::uint64_t closed = 0;
    for (const RangeStep& step : range.steps) {
      closed += step.tcp.closed;
    }
    CHECK(lives.whole.count + lives.from_before == closed);
    CHECK(lives.still_open + lives.throughout.value() == open);
  }
}

TEST_CASE("a range in words and as JSON", "[diff]") {
  const Socket listens = listener("10.0.0.5", 5432, 1, 1);
  std::vector<Socket> many{listens};
  for (std::uint16_t port = 1; port <= 30; ++port) {
    many.push_back(client(TcpState::established, port, port));
  }
  const RangeSummary range =
    fold({minute(0, {listens}), minute(1, many), minute(2, {listens, client(TcpState::established, 31, 31)})});
  const std::string text = format_range_text(range, plain_labels(), {});
  INFO(text);
  CHECK(text.find("gw1 #1..#3  0 .. 120  3 snapshots") != std::string::npos);
  CHECK(text.find("31 opened, 30 closed") != std::string::npos);
  CHECK(text.find("... 11 more sock.opened (--all)") != std::string::npos);
  CHECK(text.find("0..60    +  tcp 10.0.0.5:5432 <- 10.0.1.9:1 ") != std::string::npos);
  CHECK(format_range_line(range, plain_labels()) == "3 snapshots 0 .. 120: socket 31 opened, 30 closed\n");
  const std::string json = format_range_json_trailer(range, plain_labels(), 1);
  CHECK(json.find(R"("counts":{"sock.closed":30,"sock.opened":31})") != std::string::npos);
  CHECK(json.find(R"("truncated":false)") != std::string::npos);
  CHECK(json.ends_with("\"exit\":1}\n"));
}
