// SPDX-License-Identifier: MIT
#include "diff/resets.h"

#include "tables/protocol_counter.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;
using S = TcpState;

namespace {

using Counts = std::vector<std::pair<const char*, std::uint64_t>>;

Table counters(const Counts& counts) {
  std::vector<ProtocolCounter> rows;
  for (const auto& [name, count] : counts) {
    ProtocolCounter row;
    row.name = name;
    row.group = row.name.starts_with("TCP") ? "TcpExt" : "Tcp";
    row.count = count;
    rows.push_back(row);
  }
  return make_table(protocol_counters, rows);
}

Socket one(S state) {
  return tcp(state, "10.0.0.5", 40000, "10.0.9.2", 6379, 7, 5);
}

std::vector<Event> diff_counting(const std::vector<Socket>& before, const std::vector<Socket>& after,
                                 const Counts& from, const Counts& to, bool same_boot = true) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  if (!same_boot) {
    b.info.boot_id = "99999999-2222-3333-4444-555555555555";
  }
  add_table(a, make_table(sockets, before));
  add_table(b, make_table(sockets, after));
  add_table(a, counters(from));
  add_table(b, counters(to));
  std::vector<Event> events = diff_snapshots(a, b, {{"socket"}, {}}).events;
  std::erase_if(events, [](const Event& event) { return event.table == "host"; });
  return events;
}

bool is_marked(S state, const Counts& from, const Counts& to) {
  const auto events = diff_counting({one(state)}, {}, from, to);
  REQUIRE(events.size() == 1);
  return has_flag(events[0], "possibly_reset");
}

} // namespace

TEST_CASE("a connection that is gone without a trace while resets were counted is possibly reset", "[diff]") {
  const auto events =
    diff_counting({one(S::established)}, {}, {{"EstabResets", 3}, {"OutRsts", 7}, {"TCPAbortOnData", 1}},
                  {{"EstabResets", 4}, {"OutRsts", 9}, {"TCPAbortOnData", 1}});
  REQUIRE(events.size() == 1);
  CHECK(events[0].spec->name == "sock.closed");
  CHECK(has_flag(events[0], "possibly_reset"));
  CHECK(events[0].why == Lines{"possibly reset: EstabResets +1, OutRsts +2"});
  CHECK(is_marked(S::close_wait, {{"TCPAbortOnTimeout", 0}}, {{"TCPAbortOnTimeout", 1}}));
}

TEST_CASE("nothing is called a reset that the counters do not speak of", "[diff]") {
  CHECK_FALSE(is_marked(S::established, {{"EstabResets", 3}}, {{"EstabResets", 3}}));
  CHECK_FALSE(is_marked(S::established, {{"EstabResets", 3}}, {{"EstabResets", 2}})); // They started again.
  CHECK_FALSE(is_marked(S::established, {{"OutRsts", 3}}, {{"OutRsts", 4}}));         // A closed port answers so.
  CHECK_FALSE(is_marked(S::established, {}, {{"EstabResets", 3}}));
  CHECK_FALSE(is_marked(S::syn_sent, {{"EstabResets", 3}}, {{"EstabResets", 4}}));
}

TEST_CASE("a connection that left a trace was closed in order", "[diff]") {
  const Counts from{{"EstabResets", 3}};
  const Counts to{{"EstabResets", 4}};
  const auto left = diff_counting({one(S::established)}, {one(S::time_wait)}, from, to);
  REQUIRE(left.size() == 1);
  CHECK_FALSE(has_flag(left[0], "possibly_reset"));

  const Socket near = tcp(S::established, "127.0.0.1", 40000, "127.0.0.1", 80, 8, 8);
  const Socket far = tcp(S::established, "127.0.0.1", 80, "127.0.0.1", 40000, 9, 9);
  Socket near_after = near;
  near_after.state = S::time_wait;
  near_after.inode = 0;
  for (const Event& event : diff_counting({near, far}, {near_after}, from, to)) {
    CHECK_FALSE(has_flag(event, "possibly_reset"));
  }
  for (const Event& event : diff_counting({near, far}, {}, from, to)) {
    CHECK(has_flag(event, "possibly_reset"));
  }
}

TEST_CASE("across a reboot nothing was reset", "[diff]") {
  for (const Event& event :
       diff_counting({one(S::established)}, {}, {{"EstabResets", 3}}, {{"EstabResets", 4}}, false)) {
    CHECK_FALSE(has_flag(event, "possibly_reset"));
  }
}
