// SPDX-License-Identifier: MIT
#include "tables/change_set.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tables/socket.h"
#include "tests/tables/laws.h"

using namespace hindstat;

namespace {

// Two versions of a random table of each spec, of several sizes and churns.
template <typename Law>
void for_random_pairs(Law&& law) {
  for (const TableSpec& spec : specs_under_law()) {
    Rng rng(0x68696E64);
    for (const std::size_t rows : {0U, 1U, 2U, 7U, 60U, 400U}) {
      for (const double churn : {0.0, 0.05, 0.5, 1.0}) {
        const Table before = random_table(spec, rows, rng);
        const Table after = mutate(before, rng, churn);
        INFO(spec.name << " with " << rows << " rows, churn " << churn);
        law(before, after, rng);
      }
    }
  }
}

std::size_t count_changed_cells(const ChangeSet& changes) {
  std::size_t cells = 0;
  for (const CellChanges& change : changes.changed) {
    cells += change.slots.size();
  }
  return cells;
}

Socket tcp_socket(std::uint16_t port, std::uint64_t cookie, std::uint32_t inode) {
  Socket socket;
  socket.local_port = port;
  socket.cookie = cookie == 0 ? std::nullopt : std::optional(cookie);
  socket.inode = inode;
  return socket;
}

Table table_of(const std::vector<Socket>& rows) {
  TableBuilder builder(sockets);
  for (const Socket& row : rows) {
    builder.add(row);
  }
  return std::move(builder).build();
}

} // namespace

TEST_CASE("applying the comparison of two tables to the first gives the second", "[tables]") {
  for_random_pairs([](const Table& before, const Table& after, Rng&) {
    const ChangeSet changes = compare(before, after);
    const Table result = apply(changes, before);
    REQUIRE(result == after);
    REQUIRE(result.content_sum() == after.content_sum());
    REQUIRE(changes.empty() == (before == after));
  });
}

TEST_CASE("a table compared with itself in another order has no changes", "[tables]") {
  for_random_pairs([](const Table& before, const Table&, Rng& rng) {
    const Table other = shuffled(before, rng);
    REQUIRE(before == other);
    REQUIRE(compare(before, other).empty());
  });
}

TEST_CASE("the mirrored comparison mirrors the changes", "[tables]") {
  for_random_pairs([](const Table& before, const Table& after, Rng&) {
    const ChangeSet forth = compare(before, after);
    const ChangeSet back = compare(after, before);
    REQUIRE(apply(back, after) == before);
    REQUIRE(back.removed.size() == forth.added.size());
    REQUIRE(back.added.size() == forth.removed.size());
    REQUIRE(back.added == before.select(forth.removed));
    REQUIRE(count_changed_cells(back) == count_changed_cells(forth));
  });
}

TEST_CASE("the order of rows does not matter to what changed", "[tables]") {
  for_random_pairs([](const Table& before, const Table& after, Rng& rng) {
    const ChangeSet changes = compare(before, after);
    const ChangeSet again = compare(shuffled(before, rng), shuffled(after, rng));
    REQUIRE(again.added == changes.added);
    REQUIRE(again.removed.size() == changes.removed.size());
    REQUIRE(count_changed_cells(again) == count_changed_cells(changes));
  });
}

TEST_CASE("settling timers changes nothing but timers and is idempotent", "[tables]") {
  for_random_pairs([](const Table& before, const Table& after, Rng&) {
    Table once = after;
    const Pairing pairing = settle_timers(before, once);
    REQUIRE(apply(compare(before, once, pairing), before) == once);
    const auto but_timers = [](const ColumnSpec& column) { return column.role != Role::timer; };
    REQUIRE(once.row_hashes_if(but_timers) == after.row_hashes_if(but_timers));
    Table twice = once;
    settle_timers(before, twice);
    REQUIRE(twice == once);
  });
}

TEST_CASE("a timer that jitters keeps its old value and one that moved does not", "[tables]") {
  Socket socket = tcp_socket(80, 7, 1);
  socket.timer_expires = 1'000'000;
  Socket jittered = socket;
  jittered.timer_expires = 1'000'999;
  Socket rearmed = socket;
  rearmed.timer_expires = 1'001'001;
  const Table before = table_of({socket});
  Table after = table_of({jittered});
  settle_timers(before, after);
  CHECK(compare(before, after).empty());
  after = table_of({rearmed});
  settle_timers(before, after);
  CHECK(sockets.row(after, 0).timer_expires == 1'001'001);
}

TEST_CASE("rows with equal keys are paired by incarnation, cookie before inode", "[tables]") {
  Socket first = tcp_socket(80, 7, 100);
  Socket second = tcp_socket(80, 8, 200);
  const Table before = table_of({first, second});
  // The cookies tell that the sockets swapped their inodes' places; another column changes so that they are not equal.
  first.recv_queue = 1;
  second.recv_queue = 2;
  std::swap(first.inode, second.inode);
  const Table after = table_of({second, first});
  const Pairing pairing = pair_rows(before, after);
  CHECK(pairing.after_of == std::vector<std::uint32_t>{1, 0});
  CHECK(pairing.by == std::vector<PairedBy>{PairedBy::incarnation, PairedBy::incarnation});
}

TEST_CASE("a cookie that is unknown on one side leaves the inode to decide", "[tables]") {
  const Table before = table_of({tcp_socket(80, 7, 100), tcp_socket(80, 8, 200)});
  const Table after = table_of({tcp_socket(80, 0, 200), tcp_socket(80, 0, 100)});
  CHECK(pair_rows(before, after).after_of == std::vector<std::uint32_t>{1, 0});
}

TEST_CASE("one row left on each side is paired by its key even when it is another object", "[tables]") {
  const Table before = table_of({tcp_socket(80, 7, 100)});
  const Table after = table_of({tcp_socket(80, 9, 300)});
  const Pairing pairing = pair_rows(before, after);
  CHECK(pairing.after_of == std::vector<std::uint32_t>{0});
  CHECK(pairing.by[0] == PairedBy::key);
  // Two against one is not decided by the key.
  const Table two = table_of({tcp_socket(80, 9, 300), tcp_socket(80, 10, 400)});
  CHECK(pair_rows(before, two).after_of == std::vector<std::uint32_t>{Pairing::none});
}

TEST_CASE("slots are refilled from the lowest and holes filled from the tail", "[tables]") {
  const auto ports = [](const Table& table) {
    std::vector<std::uint16_t> result;
    for (std::size_t row = 0; row < table.size(); ++row) {
      result.push_back(sockets.row(table, row).local_port);
    }
    return result;
  };
  const auto sockets_on = [](const std::vector<std::uint16_t>& list) {
    std::vector<Socket> rows;
    for (const std::uint16_t port : list) {
      rows.push_back(tcp_socket(port, port, port));
    }
    return table_of(rows);
  };
  const Table before = sockets_on({1, 2, 3, 4, 5, 6});
  CHECK(ports(apply(compare(before, sockets_on({1, 3, 4, 5, 6, 9})), before))
        == std::vector<std::uint16_t>{1, 9, 3, 4, 5, 6});
  CHECK(ports(apply(compare(before, sockets_on({1, 3, 4, 5, 6, 8, 9})), before))
        == std::vector<std::uint16_t>{1, 8, 3, 4, 5, 6, 9});
  CHECK(ports(apply(compare(before, sockets_on({3, 5})), before)) == std::vector<std::uint16_t>{5, 3});
  CHECK(ports(apply(compare(before, sockets_on({2, 3, 4, 5, 6})), before))
        == std::vector<std::uint16_t>{6, 2, 3, 4, 5});
}

TEST_CASE("a change set that does not fit its table is refused", "[tables]") {
  const Table before = table_of({tcp_socket(1, 1, 1), tcp_socket(2, 2, 2)});
  const Table after = table_of({tcp_socket(1, 1, 9)});
  const ChangeSet good = compare(before, after);
  CHECK_THROWS_AS(apply(good, after), Error);
  ChangeSet bad = good;
  bad.removed = {5};
  CHECK_THROWS_AS(apply(bad, before), Error);
  bad = good;
  bad.removed = {1, 1};
  CHECK_THROWS_AS(apply(bad, before), Error);
  bad = good;
  bad.changed[0].slots[0] = 99;
  CHECK_THROWS_AS(apply(bad, before), Error);
  bad = good;
  bad.changed[0].column = 999;
  CHECK_THROWS_AS(apply(bad, before), Error);
}
