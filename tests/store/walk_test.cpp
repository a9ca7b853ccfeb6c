// SPDX-License-Identifier: MIT
#include "store/walk.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/removal.h"
#include "tests/store/days.h"
#include "tests/store/history.h"

using namespace hindstat;

namespace {

void require_walked(const Snapshot& walked, const Snapshot& loaded) {
  REQUIRE(walked.info == loaded.info);
  REQUIRE(walked.captures.size() == loaded.captures.size());
  REQUIRE(walked.tables.size() == loaded.tables.size());
  for (std::size_t i = 0; i < loaded.tables.size(); ++i) {
    INFO("table " << loaded.tables[i].spec().name);
    REQUIRE(walked.tables[i].spec().name == loaded.tables[i].spec().name);
    REQUIRE(walked.tables[i] == loaded.tables[i]);
  }
}

// Rows that are not touched are equal, in the same slots.
void require_touched(const SnapshotWalk& walk, std::size_t& tables, std::size_t& untouched) {
  for (const TouchedRows& rows : walk.touched()) {
    INFO("table " << rows.table);
    const Table* before = walk.before().find_table(rows.table);
    const Table* after = walk.after().find_table(rows.table);
    REQUIRE(before != nullptr);
    REQUIRE(after != nullptr);
    REQUIRE(before->size() - rows.before.size() == after->size() - rows.after.size());
    REQUIRE(std::ranges::is_sorted(rows.before));
    REQUIRE(std::ranges::is_sorted(rows.after));
    const auto hashes_before = before->row_hashes();
    const auto hashes_after = after->row_hashes();
    for (std::uint32_t row = 0; row < before->size(); ++row) {
      if (!std::ranges::binary_search(rows.before, row)) {
        REQUIRE(row < after->size());
        REQUIRE_FALSE(std::ranges::binary_search(rows.after, row));
        REQUIRE(hashes_before[row] == hashes_after[row]);
        ++untouched;
      }
    }
    ++tables;
  }
}

std::vector<SnapshotId> all_ids(const Store& store) {
  std::vector<SnapshotId> ids;
  for (const SnapshotEntry& entry : store.list()) {
    ids.push_back(entry.id);
  }
  return ids;
}

} // namespace

TEST_CASE("a walk has each snapshot as it is loaded, whichever way it goes", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  {
    Days days(3);
    StoreWriter writer(path);
    for (int minute = 0; minute < 40; ++minute) {
      writer.append(days.next());
    }
  }
  const Store store(path);
  const Store other(path);
  std::vector<SnapshotId> ids = all_ids(store);
  std::size_t tables = 0;
  std::size_t untouched = 0;
  const auto walk_all = [&](const std::vector<SnapshotId>& way) {
    SnapshotWalk walk(store, way);
    require_walked(walk.after(), other.load(way.front()));
    for (std::size_t i = 1; i < way.size(); ++i) {
      INFO("step " << i);
      REQUIRE(walk.next());
      REQUIRE(walk.id_before() == way[i - 1]);
      REQUIRE(walk.id_after() == way[i]);
      require_walked(walk.before(), other.load(way[i - 1]));
      require_walked(walk.after(), other.load(way[i]));
      require_touched(walk, tables, untouched);
    }
    REQUIRE_FALSE(walk.next());
  };
  walk_all(ids);
  REQUIRE(tables > 100);
  REQUIRE(untouched > 1000);
  walk_all({ids[0], ids[9], ids[12], ids[13], ids[30]});
  tables = 0;
  walk_all({ids[14], ids[20]});
  REQUIRE(tables > 0);
  std::ranges::reverse(ids);
  walk_all(ids);
}

TEST_CASE("a walk takes the tables that are asked for", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  StoreWriter writer(path);
  for (const Snapshot& snapshot : made_history(5)) {
    writer.append(snapshot);
  }
  const Store store(path);
  SnapshotWalk walk(store, all_ids(store), {"process", "no such table"});
  while (walk.next()) {
    REQUIRE(walk.after().tables.size() == 1);
    REQUIRE(walk.before().tables.size() == 1);
    REQUIRE(walk.after().tables[0].spec().name == "process");
    REQUIRE(walk.touched().size() <= 1);
  }
}

TEST_CASE("a walk leaves a damaged snapshot out and goes on behind it", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::vector<Snapshot> history = made_history(8, 200);
  {
    StoreWriter writer(path);
    for (const Snapshot& snapshot : history) {
      writer.append(snapshot);
    }
  }
  // Only the block of the third snapshot's sockets: the ones behind stand on it, so that the chain ends there.
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    REQUIRE(database.exec("UPDATE block SET payload = zeroblob(length(payload)) WHERE id = (SELECT b.id FROM block b"
                          " JOIN layout l ON l.id = b.layout_id JOIN snapshot s ON s.id = b.snapshot_id"
                          " WHERE l.table_name = 'socket' AND s.sequence = 3)")
            == 1);
  }
  const Store store(path);
  const std::vector<SnapshotId> ids = all_ids(store);
  SnapshotWalk walk(store, ids);
  REQUIRE(walk.next());
  for (std::size_t i = 2; i < ids.size(); ++i) {
    REQUIRE_THROWS_AS(walk.next(), Error);
    REQUIRE(walk.id_after() == ids[1]);
    require_walked(walk.after(), history[1]);
  }
  REQUIRE_FALSE(walk.next());

  SnapshotWalk processes(store, ids, {"process"});
  std::size_t steps = 0;
  while (processes.next()) {
    ++steps;
  }
  REQUIRE(steps == ids.size() - 1);
}

TEST_CASE("a walk goes on although the file is packed anew under it", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::vector<Snapshot> history = made_history(12, 60);
  {
    StoreWriter writer(path);
    for (const Snapshot& snapshot : history) {
      writer.append(snapshot);
    }
  }
  const Store store(path);
  const std::vector<SnapshotId> ids = all_ids(store);
  SnapshotWalk walk(store, ids);
  REQUIRE(walk.next());
  remove_from_store(path, {ids[0], ids[1], ids[2]});
  REQUIRE_THROWS_AS(walk.next(), Error);
  for (std::size_t i = 3; i < ids.size(); ++i) {
    REQUIRE(walk.next());
    require_walked(walk.after(), history[i]);
  }
}
