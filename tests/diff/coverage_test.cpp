// SPDX-License-Identifier: MIT
#include "diff/coverage.h"

#include "tables/protocol_counter.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

Table opens(std::uint64_t active, std::uint64_t failed, std::uint64_t passive) {
  std::vector<ProtocolCounter> rows;
  for (const auto& [name, count] :
       {std::pair("ActiveOpens", active), std::pair("AttemptFails", failed), std::pair("PassiveOpens", passive)}) {
    ProtocolCounter row;
    row.group = "Tcp";
    row.name = name;
    row.count = count;
    rows.push_back(row);
  }
  return make_table(protocol_counters, rows);
}

Socket client(TcpState state, std::uint16_t port) {
  return tcp(state, "10.0.0.5", port, "10.0.0.9", 80, 1000U + port);
}

struct Minute {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);

  Minute(const std::vector<Socket>& before, const std::vector<Socket>& after, Table counters) {
    add_table(a, make_table(sockets, before)).coverage = "tcp=netlink tcp6=absent owners=complete";
    add_table(b, make_table(sockets, after)).coverage = "tcp=netlink tcp6=absent owners=complete";
    add_table(a, opens(100, 10, 50));
    add_table(b, std::move(counters));
  }
  [[nodiscard]] std::vector<OpenCoverage> coverage() const {
    return diff_snapshots(a, b, {}).coverage;
  }
};

} // namespace

TEST_CASE("opens that were seen are set against those that the kernel counted", "[diff]") {
  const Minute minute({}, {client(TcpState::established, 1), client(TcpState::time_wait, 2)}, opens(110, 11, 61));
  const auto coverage = minute.coverage();
  REQUIRE(coverage.size() == 1);
  CHECK(coverage[0].seen == 2); // One of them came and went.
  CHECK(coverage[0].counted == 20);
}

TEST_CASE("a request counts when its handshake is complete, an attempt when it begins", "[diff]") {
  const Minute minute({client(TcpState::syn_recv, 1), client(TcpState::syn_sent, 3), client(TcpState::syn_sent, 4)},
                      {client(TcpState::established, 1), client(TcpState::syn_recv, 2), client(TcpState::syn_sent, 5),
                       client(TcpState::established, 4)},
                      opens(101, 11, 51));
  const auto coverage = minute.coverage();
  REQUIRE(coverage.size() == 1);
  CHECK(coverage[0].seen == 2);    // 1 by its handshake, 5 by its SYN; 4 was counted before A.
  CHECK(coverage[0].counted == 2); // The attempt that failed, 3, was counted before A, too.
}

TEST_CASE("more seen than counted is all of them", "[diff]") {
  const auto coverage = Minute({}, {client(TcpState::established, 1)}, opens(100, 10, 50)).coverage();
  REQUIRE(coverage.size() == 1);
  CHECK(coverage[0].counted == 1);
}

TEST_CASE("what the kernel counted beyond the events is told, and is no event", "[diff]") {
  const auto counters = [](std::uint64_t resets, std::uint64_t failed) {
    std::vector<ProtocolCounter> rows(2);
    rows[0].group = "Tcp";
    rows[0].name = "EstabResets";
    rows[0].count = resets;
    rows[1].group = "Tcp";
    rows[1].name = "AttemptFails";
    rows[1].count = failed;
    return make_table(protocol_counters, rows);
  };
  const auto unseen = [&](std::uint64_t resets, std::uint64_t failed, std::int64_t seconds = 60) {
    Snapshot a = snapshot_at(0);
    Snapshot b = snapshot_at(seconds);
    add_table(a, make_table(sockets, {client(TcpState::established, 1), client(TcpState::syn_sent, 2)})).coverage =
      "tcp=netlink tcp6=netlink";
    add_table(b, make_table(sockets, {})).coverage = "tcp=netlink tcp6=netlink";
    add_table(a, counters(5, 5));
    add_table(b, counters(resets, failed));
    const Diff diff = diff_snapshots(a, b, {{"socket"}, {}});
    CHECK(diff.events.size() == 2);
    Lines lines;
    for (const Unseen& one : diff.unseen) {
      lines.push_back(one.what + " " + std::to_string(one.seen) + " of " + std::to_string(one.counted));
    }
    return lines;
  };
  CHECK(unseen(6, 6).empty());
  CHECK(unseen(7, 6) == Lines{"resets 1 of 2"});
  CHECK(unseen(45, 25) == Lines{"resets 1 of 40", "failed_attempts 1 of 20"});
  CHECK(unseen(4, 4).empty()); // The counters started again.
  CHECK(unseen(45, 25, -60).empty());
}

TEST_CASE("coverage that cannot be known is not told", "[diff]") {
  const std::vector<Socket> one{client(TcpState::established, 1)};
  CHECK(Minute({}, {}, opens(100, 10, 50)).coverage().empty()); // Nothing was opened.
  CHECK(Minute({}, one, opens(90, 10, 50)).coverage().empty()); // The counters started again.
  Minute rebooted({}, one, opens(110, 10, 50));
  rebooted.b.info.boot_id = "99999999-2222-3333-4444-555555555555";
  CHECK(rebooted.coverage().empty());
  Minute partial({}, one, opens(110, 10, 50));
  partial.b.captures[0].status = CaptureStatus::partial;
  CHECK(partial.coverage().empty());
  Minute blind({}, one, opens(110, 10, 50));
  blind.b.captures[0].coverage = "tcp=netlink tcp6=failed";
  CHECK(blind.coverage().empty());
  Minute uncounted({}, one, opens(110, 10, 50));
  uncounted.b.captures[1].status = CaptureStatus::denied;
  CHECK(uncounted.coverage().empty());
}
