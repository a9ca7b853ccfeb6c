// SPDX-License-Identifier: MIT
// Whatever goes, what stays is what it was.
#include <algorithm>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/chain.h"
#include "store/removal.h"
#include "tests/store/days.h"

using namespace hindstat;

namespace {

void record_days(const std::string& path, std::uint64_t seed, int minutes) {
  Days days(seed);
  record_days(path, days, minutes);
}

std::string sound(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement keys(database, "PRAGMA foreign_key_check");
  return keys.executeStep() ? "a foreign key of " + keys.getColumn(0).getString()
                            : database.execAndGet("PRAGMA integrity_check").getString();
}

} // namespace

TEST_CASE("after removing any snapshots the others load to what they were", "[store]") {
  const TemporaryDirectory directory;
  const std::string full = directory.file("full.db");
  constexpr int minutes = 16;
  record_days(full, 51, minutes);
  const auto before = contents(full);
  REQUIRE(before.size() == minutes);
  const std::string bytes = read_bytes(full);
  Rng rng(52);
  for (int round = 0; round < 26; ++round) {
    const std::string path = directory.file("less.db");
    write_bytes(path, bytes);
    std::vector<SnapshotId> going;
    for (int id = 1; id <= minutes; ++id) {
      // From the front, every second, one alone, some.
      const bool goes = round < 8    ? id <= 2 * round
                        : round == 8 ? id % 2 == 0
                        : round < 16 ? id == 2 * (round - 8)
                                     : rng() % 3 == 0;
      if (goes) {
        going.emplace_back(id);
      }
    }
    INFO("round " << round);
    const Removal done = remove_from_store(path, going);
    CHECK(done.snapshots == going.size());
    CHECK(sound(path) == "ok");
    const auto after = contents(path);
    REQUIRE(after.size() + going.size() == before.size());
    for (const auto& [uid, snapshot] : after) {
      require_same(before.at(uid), snapshot);
    }
    const auto stones = tombstones(path);
    REQUIRE(stones.size() == going.size());
    for (const TombstoneRecord& stone : stones) {
      CHECK(stone.reason == "removed");
      CHECK(stone.host == "gw1");
      CHECK(before.contains(format_uid(stone.uid)));
      CHECK_FALSE(after.contains(format_uid(stone.uid)));
    }
  }
}

TEST_CASE("snapshots may be removed one by one, and recording goes on", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_days(path, 53, 14);
  auto left = contents(path);
  Rng rng(54);
  while (left.size() > 3) {
    auto gone = left.begin();
    std::advance(gone, static_cast<std::ptrdiff_t>(rng() % left.size()));
    const auto entries = Store(path).list();
    const auto entry = std::ranges::find(entries, gone->first, &SnapshotEntry::uid);
    remove_from_store(path, {entry->id});
    left.erase(gone);
    const auto after = contents(path);
    REQUIRE(after.size() == left.size());
    for (const auto& [uid, snapshot] : after) {
      require_same(left.at(uid), snapshot);
    }
  }
  Snapshot next = made_snapshot({random_table(sockets.spec(), 30, rng)}, 40);
  next.info.boot_id = "the next boot";
  const SnapshotId id = StoreWriter(path).append(next);
  CHECK(id.value() == 15); // No id and no sequence is used twice.
  CHECK(Store(path).load(id).tables == next.tables);
  CHECK(contents(path).size() == left.size() + 1);
  CHECK(sound(path) == "ok");
}

TEST_CASE("nothing of a removed snapshot stays in the blocks of others", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const auto snapshot_of = [](const std::string& name, int minute) {
    Table table(processes.spec());
    for (std::uint32_t pid = 1; pid <= 30; ++pid) {
      Process row;
      row.pid = pid;
      row.comm = pid == 7 ? name : "sshd";
      processes.append(table, row);
    }
    return made_snapshot({table}, minute);
  };
  {
    StoreWriter writer(path);
    for (int minute = 0; minute < 6; ++minute) {
      writer.append(snapshot_of(minute == 2 ? "secret-worker" : "worker", minute));
    }
  }
  const std::string payload = SQLite::Database(path, SQLite::OPEN_READONLY)
                                .execAndGet("SELECT payload FROM block WHERE snapshot_id = 3")
                                .getString();
  REQUIRE(payload.size() > 20);
  REQUIRE(read_bytes(path).find(payload) != std::string::npos);
  remove_from_store(path, {SnapshotId(3)});
  CHECK(read_bytes(path).find(payload) == std::string::npos);
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  Layouts layouts(database);
  Records records(database, layouts);
  ChainReader chains(database, layouts, records);
  SQLite::Statement select(database, "SELECT b.id FROM block b JOIN layout l ON l.id = b.layout_id");
  while (select.executeStep()) {
    const LoadedTable loaded = chains.load_table(select.getColumn(0).getInt64());
    for (std::size_t i = 0; i < loaded.table.spec().columns.size(); ++i) {
      const Column& column = loaded.table.column(i);
      for (std::uint32_t id = 0; column.kind() == Kind::text && id < column.dictionary().size(); ++id) {
        CHECK(column.dictionary().at(id) != "secret-worker");
      }
    }
  }
}

TEST_CASE("a snapshot that is not there removes nothing", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_days(path, 55, 4);
  CHECK_THROWS_WITH(remove_from_store(path, {SnapshotId(2), SnapshotId(9)}),
                    path + ": no snapshot 9; nothing was removed");
  CHECK(contents(path).size() == 4);
  CHECK(tombstones(path).empty());
  const std::string none = directory.file("none.db");
  CHECK_THROWS_WITH(remove_from_store(none, {SnapshotId(1)}), none + ": no such file");
  CHECK_FALSE(std::filesystem::exists(none));
}

TEST_CASE("a damaged snapshot can be removed, and damage before it hurts nobody else", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_days(path, 56, 10);
  const std::string bytes = read_bytes(path);
  const auto before = contents(path);
  for (const char* change :
       {"snapshot SET checksum = 0 WHERE id = 4", "snapshot SET captures = zeroblob(9) WHERE id = 4",
        "block SET payload = zeroblob(9) WHERE snapshot_id = 4"}) {
    for (const int id : {3, 4, 5}) {
      INFO(change << ", removing " << id);
      write_bytes(path, bytes);
      SQLite::Database(path, SQLite::OPEN_READWRITE).exec(std::string("UPDATE ") + change);
      remove_from_store(path, {SnapshotId(id)});
      CHECK(sound(path) == "ok");
      SQLite::Database database(path, SQLite::OPEN_READONLY);
      Layouts layouts(database);
      Records records(database, layouts);
      std::size_t right = 0;
      for (const FoundSnapshot& found : records.find_all_snapshots()) {
        if (!found.damage.empty()) {
          continue;
        }
        try {
          const Snapshot loaded = Store(path).load(SnapshotId(found.record.id));
          const auto saved = before.find(format_uid(found.record.uid));
          REQUIRE(saved != before.end());
          REQUIRE(loaded.tables == saved->second.tables);
          ++right;
        } catch (const Error&) {
          CHECK(found.record.id > 2); // Behind the damage.
        }
      }
      CHECK(right >= 2);
    }
  }
}
