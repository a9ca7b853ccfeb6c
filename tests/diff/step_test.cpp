// SPDX-License-Identifier: MIT
// What a step says with what is known of its rows is what the two whole snapshots say.
#include <algorithm>

#include "diff/memory.h"
#include "tables/catalog.h"
#include "tables/change_set.h"
#include "tests/diff/diff_fixture.h"
#include "tests/diff/random_sockets.h"
#include "tests/tables/random_table.h"

using namespace hindstat;

namespace {

// Both tables keep their rows in the same places: those that differ, as a reader of change sets knows them.
TouchedRows find_touched(const Table& before, const Table& after) {
  const auto a = before.row_hashes();
  const auto b = after.row_hashes();
  TouchedRows rows{before.spec().name, {}, {}};
  for (std::uint32_t row = 0; row < std::max(a.size(), b.size()); ++row) {
    if (row < a.size() && row < b.size() && a[row] == b[row]) {
      continue;
    }
    if (row < a.size()) {
      rows.before.push_back(row);
    }
    if (row < b.size()) {
      rows.after.push_back(row);
    }
  }
  return rows;
}

Table next_sockets(const Table& table, Rng& rng) {
  Table other = random_sockets(rng, 8);
  Table next = table;
  for (std::uint32_t row = 0; row < other.size(); ++row) {
    if (rng() % 2 == 0 && !next.empty()) {
      next.set_row(rng() % next.size(), other, row);
    } else if (rng() % 2 == 0) {
      next.append_row(other, row);
    }
  }
  next.truncate(next.size() - std::min<std::size_t>(next.size(), rng() % 4));
  return next;
}

void require_same_steps(std::vector<Table> states, Rng& rng) {
  DiffMemory memory;
  std::vector<Process> owners{process(1, "nginx"), process(2, "sshd")};
  Snapshot before = snapshot_at(0);
  add_table(before, states.front()).coverage = "tcp=netlink owners=complete";
  add_table(before, make_table(processes, owners));
  for (std::size_t i = 1; i < states.size(); ++i) {
    owners.push_back(process(static_cast<std::uint32_t>(rng() % 5), "later"));
    Snapshot after = snapshot_at(static_cast<std::int64_t>(60 * i));
    add_table(after, states[i]).coverage = "tcp=netlink owners=complete";
    add_table(after, make_table(processes, owners));
    std::vector<TouchedRows> touched;
    if (rng() % 7 != 0) { // Now and then a chain begins, and nothing is known.
      touched.push_back(find_touched(states[i - 1], states[i]));
    }
    touched.push_back(find_touched(before.tables[1], after.tables[1]));
    INFO("step " << i << " of " << states.front().spec().name);
    const Diff whole = diff_snapshots(before, after, {});
    const Diff step = diff_step(before, after, touched, memory, {});
    REQUIRE(everything(step.events) == everything(whole.events));
    REQUIRE(step.comparability.compared == whole.comparability.compared);
    for (std::size_t event = 0; event < whole.events.size(); ++event) {
      CHECK((step.events[event].before_row < 0) == (whole.events[event].before_row < 0));
      CHECK((step.events[event].after_row < 0) == (whole.events[event].after_row < 0));
    }
    before = std::move(after);
  }
}

} // namespace

TEST_CASE("a step by the rows that were touched says what the whole tables say", "[diff]") {
  Rng rng(41);
  SECTION("sockets of few addresses") {
    for (int round = 0; round < 30; ++round) {
      std::vector<Table> states{random_sockets(rng, 30)};
      while (states.size() < 12) {
        states.push_back(next_sockets(states.back(), rng));
      }
      require_same_steps(std::move(states), rng);
    }
  }
  SECTION("every table") {
    for (const TableSpec& spec : catalog()) {
      if (spec.name == processes.name()) {
        continue; // It is beside each of the others.
      }
      std::vector<Table> states{random_table(spec, 20, rng)};
      while (states.size() < 8) {
        Table next = states.back();
        if (rng() % 3 != 0) {
          apply_in_place(compare(next, mutate(next, rng, 0.2)), next);
        }
        states.push_back(std::move(next));
      }
      require_same_steps(std::move(states), rng);
    }
  }
}

TEST_CASE("rows that share a key with a row that was touched are found", "[diff]") {
  const std::vector<Socket> before{listener("0.0.0.0", 80, 1, 1), listener("0.0.0.0", 80, 2, 2),
                                   listener("0.0.0.0", 443, 3, 3),
                                   tcp(TcpState::established, "10.0.0.5", 80, "10.0.0.9", 7, 4, 4)};
  std::vector<Socket> after = before;
  after[0].recv_queue = 5;
  const Table a = make_table(sockets, before);
  const Table b = make_table(sockets, after);
  KeyIndex index(a);
  const TouchedRows rows = index.go_on(b, find_touched(a, b));
  REQUIRE(rows.before == std::vector<std::uint32_t>{0, 1});
  REQUIRE(rows.after == std::vector<std::uint32_t>{0, 1});
  REQUIRE(index.go_on(b, {sockets.name(), {3}, {3}}).after == std::vector<std::uint32_t>{3});
}
