// SPDX-License-Identifier: MIT
// One writer that appends for hours, as `hindstat-record watch` does, while others write to the same file.
#include <filesystem>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/store.h"
#include "tables/change_set.h"
#include "tests/store/made.h"

using namespace hindstat;

namespace {

// The next state of each table, with timers settled as the writer settles them.
void step(std::vector<Table>& tables, Rng& rng) {
  for (Table& table : tables) {
    Table next = mutate(table, rng, 0.05);
    settle_timers(table, next);
    table = std::move(next);
  }
}

struct Saved {
  SnapshotId id;
  Snapshot snapshot;
};

void require_all(const std::string& path, const std::vector<Saved>& saved) {
  const Store store(path);
  REQUIRE(store.list().size() == saved.size());
  for (const Saved& one : saved) {
    const Snapshot loaded = store.load(one.id);
    REQUIRE(loaded.info == one.snapshot.info);
    REQUIRE(loaded.tables.size() == one.snapshot.tables.size());
    for (std::size_t i = 0; i < loaded.tables.size(); ++i) {
      INFO("snapshot " << one.id.value() << ", table " << loaded.tables[i].spec().name);
      REQUIRE(loaded.tables[i] == one.snapshot.tables[i]);
    }
  }
}

} // namespace

TEST_CASE("two writers that both stay may take turns in any order", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Rng rng(21);
  StoreWriter one(path);
  StoreWriter other(path);
  std::vector<Table> tables = random_tables(30, rng);
  std::vector<Saved> saved;
  for (int minute = 0; minute < 24; ++minute) {
    step(tables, rng);
    Snapshot snapshot = made_snapshot(tables, minute);
    StoreWriter& writer = (minute / 3 + minute) % 2 == 0 ? one : other;
    const SnapshotId id = writer.append(snapshot);
    saved.push_back({id, std::move(snapshot)});
    const SnapshotSize size = Store(path).size_of(id);
    CHECK(writer.appended_size().payload_bytes == size.payload_bytes);
    CHECK(writer.appended_size().blocks == size.blocks);
  }
  require_all(path, saved);
}

TEST_CASE("a writer that stays takes boots and hosts as they come", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Rng rng(22);
  StoreWriter writer(path);
  std::vector<Table> tables = random_tables(30, rng);
  std::vector<Saved> saved;
  for (int minute = 0; minute < 12; ++minute) {
    step(tables, rng);
    Snapshot snapshot = made_snapshot(tables, minute);
    snapshot.info.boot_id = minute % 5 < 3 ? "one boot" : "another boot";
    snapshot.info.host = minute < 8 ? "gw1" : "renamed";
    if (minute == 6) { // The clock was set back: the sequence within the boot is what counts.
      snapshot.info.clocks.realtime_ns -= 86'400'000'000'000;
    }
    const SnapshotId id = writer.append(snapshot);
    saved.push_back({id, std::move(snapshot)});
  }
  require_all(path, saved);
}

TEST_CASE("a writer starts from the file again when its own last snapshot has been taken out", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Rng rng(23);
  StoreWriter writer(path);
  std::vector<Table> tables = random_tables(30, rng);
  std::vector<Saved> saved;
  saved.push_back({writer.append(made_snapshot(tables, 0)), made_snapshot(tables, 0)});
  step(tables, rng);
  const SnapshotId removed = writer.append(made_snapshot(tables, 1));
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("BEGIN; DELETE FROM block WHERE snapshot_id = " + std::to_string(removed.value())
                  + "; DELETE FROM snapshot WHERE id = " + std::to_string(removed.value()) + "; COMMIT");
  }
  // Another writer takes the same place in the sequence, with other rows.
  step(tables, rng);
  saved.push_back({StoreWriter(path).append(made_snapshot(tables, 2)), made_snapshot(tables, 2)});
  step(tables, rng);
  saved.push_back({writer.append(made_snapshot(tables, 3)), made_snapshot(tables, 3)});
  require_all(path, saved);
}

TEST_CASE("a store that was removed under its writer is an error, and never recorded into nowhere", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Rng rng(24);
  const std::vector<Table> tables = random_tables(10, rng);
  StoreWriter writer(path);
  writer.append(made_snapshot(tables, 0));
  std::filesystem::remove(path);
  CHECK_THROWS_AS(writer.append(made_snapshot(tables, 1)), Error);
  CHECK_THROWS_AS(writer.append(made_snapshot(tables, 2)), Error);
  CHECK_FALSE(std::filesystem::exists(path));
  StoreWriter(path).append(made_snapshot(tables, 3));
  CHECK(Store(path).list().size() == 1);
}
