// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "store/merge.h"
#include "store/removal.h"
#include "store/verify.h"
#include "tests/store/days.h"

using namespace hindstat;

namespace {

// What a store says, whatever the numbers of its rows and the way in which it is packed.
std::string logical_dump(const std::string& path) {
  std::string text;
  for (const auto& [uid, snapshot] : contents(path)) {
    const SnapshotInfo& info = snapshot.info;
    text += uid + " " + info.host + " " + info.machine_id + " " + info.boot_id + " "
            + std::to_string(info.clocks.realtime_ns);
    for (const Table& table : snapshot.tables) {
      text += " " + std::string(table.spec().name) + ":" + std::to_string(table.size()) + ":"
              + std::to_string(table.content_sum());
    }
    for (const Capture& capture : snapshot.captures) {
      text += " " + capture.table + "=" + capture.source + std::to_string(capture.rows) + "@"
              + std::to_string(capture.stored_at.value_or(0));
    }
    text += "\n";
  }
  for (const TombstoneRecord& stone : tombstones(path)) {
    text += format_uid(stone.uid) + " " + stone.reason + " " + std::to_string(stone.gone_ns) + "\n";
  }
  return text;
}

void require_sound(const std::string& path) {
  const Verification found = verify_store(path);
  INFO(path << ": " << (found.damage.empty() ? "sound" : found.damage.front()));
  REQUIRE(found.damage.empty());
}

// The payloads of a store, by uid and table.
std::set<std::string> payloads(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  SQLite::Statement select(database, "SELECT hex(s.uid) || l.table_name || hex(b.payload) || b.checksum FROM block b"
                                     " JOIN snapshot s ON s.id = b.snapshot_id JOIN layout l ON l.id = b.layout_id"
                                     " UNION ALL SELECT hex(uid) || hex(captures) || checksum FROM snapshot");
  std::set<std::string> all;
  while (select.executeStep()) {
    all.insert(select.getColumn(0).getString());
  }
  return all;
}

void prune(const std::string& path, const std::set<std::int64_t>& ids) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  SQLite::Transaction transaction(database);
  remove_snapshots(database, ids, pruned_reason, 7);
  transaction.commit();
}

} // namespace

TEST_CASE("stores of two hosts and an overlapping third merge in any order to the same content", "[store]") {
  const TemporaryDirectory directory;
  const std::array<std::string, 3> stores{directory.file("a.db"), directory.file("b.db"), directory.file("c.db")};
  Days gw1(61, "gw1", 16);
  Days gw2(62, "gw2", 16);
  record_days(stores[0], gw1, 9);
  record_days(stores[1], gw2, 7);
  // The third has what both had so far, and recorded itself; then the others went on, and lost some.
  import_store(stores[2], stores[1], false);
  import_store(stores[2], stores[0], false);
  Days gw3(63, "gw3", 16);
  record_days(stores[2], gw3, 3);
  record_days(stores[0], gw1, 8);
  record_days(stores[1], gw2, 4);
  prune(stores[0], {1, 2, 3, 10});
  remove_from_store(stores[1], {SnapshotId(5), SnapshotId(9)});
  remove_from_store(stores[2], {SnapshotId(2), SnapshotId(4), SnapshotId(12)});
  std::array<int, 3> order{0, 1, 2};
  std::string first;
  do {
    const std::string path = directory.file("merged.db");
    std::filesystem::remove(path);
    for (const int store : order) {
      const Merge merge = import_store(path, stores[static_cast<std::size_t>(store)], false);
      CHECK(merge.damaged.empty());
    }
    INFO("order " << order[0] << order[1] << order[2]);
    require_sound(path);
    const std::string dump = logical_dump(path);
    if (first.empty()) {
      first = dump;
      CHECK(contents(path).size() >= 24);
    }
    REQUIRE(dump == first);
    for (const std::string& store : stores) {
      const Merge again = import_store(path, store, false);
      CHECK(again.copied == 0);
    }
    REQUIRE(logical_dump(path) == first);
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("an import copies bytes and goes on where it ended", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  Days days(64);
  StoreWriter writer(from);
  for (int round = 0; round < 5; ++round) {
    for (int minute = 0; minute < 3; ++minute) {
      writer.append(days.next()); // The recorder has the file open all the time.
    }
    const Merge merge = import_store(to, from, false);
    CHECK(merge.copied == 3);
    CHECK(merge.known == static_cast<std::uint64_t>(3 * round));
  }
  CHECK(payloads(to) == payloads(from));
  require_same(contents(from), contents(to));
  require_sound(to);
}

TEST_CASE("what was removed or pruned here is not imported again unless asked", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  Days days(65);
  record_days(from, days, 10);
  import_store(to, from, false);
  remove_from_store(to, {SnapshotId(3), SnapshotId(6)});
  prune(to, {1, 2});
  Merge merge = import_store(to, from, false);
  CHECK(merge.copied == 0);
  CHECK(merge.known == 6);
  CHECK(merge.removed == 2);
  CHECK(merge.pruned == 2);
  merge = import_store(to, from, true);
  CHECK(merge.copied == 2);
  CHECK(merge.pruned == 2);
  CHECK(tombstones(to).size() == 2);
  require_sound(to);
  const auto before = contents(from);
  for (const auto& [uid, snapshot] : contents(to)) {
    require_same(before.at(uid), snapshot);
  }
}

TEST_CASE("two stores that began as one file merge", "[store]") {
  const TemporaryDirectory directory;
  const std::string one = directory.file("one.db");
  const std::string other = directory.file("other.db");
  Days days(66);
  record_days(one, days, 4);
  write_bytes(other, read_bytes(one));
  Days elsewhere(67);
  for (int minute = 0; minute < 4; ++minute) {
    static_cast<void>(elsewhere.next());
  }
  record_days(one, days, 3);
  record_days(other, elsewhere, 3);
  auto all = contents(one);
  all.merge(contents(other));
  REQUIRE(all.size() == 10);
  for (const bool reversed : {false, true}) {
    const std::string path = directory.file(reversed ? "reversed.db" : "merged.db");
    import_store(path, reversed ? other : one, false);
    import_store(path, reversed ? one : other, false);
    import_store(path, reversed ? other : one, false);
    require_same(all, contents(path));
    require_sound(path);
  }
  // Into the store that goes on recording.
  import_store(one, other, false);
  record_days(one, days, 2);
  record_days(other, elsewhere, 2);
  CHECK(import_store(one, other, false).copied == 2);
  CHECK(contents(one).size() == 14);
  require_sound(one);
}

TEST_CASE("an import takes what is sound and says what is not", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  Days days(68);
  record_days(from, days, 8);
  const auto before = contents(from);
  SQLite::Database(from, SQLite::OPEN_READWRITE)
    .exec("UPDATE snapshot SET euid = 7 WHERE id = 3; UPDATE block SET payload = zeroblob(9) WHERE snapshot_id = 6");
  const Merge merge = import_store(to, from, false);
  CHECK(merge.copied == 2); // The captures of those behind it stand on those of 3.
  CHECK(merge.copied + merge.damaged.size() == 8);
  for (const auto& [uid, snapshot] : contents(to)) {
    require_same(before.at(uid), snapshot);
  }
  CHECK_THROWS_WITH(import_store(to, to, false), to + ": is the store to import into");
}

TEST_CASE("an export is a sound store of its own that merges back", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string part = directory.file("part.db");
  Days gw1(69);
  Days gw2(70, "gw2");
  record_days(from, gw1, 12);
  record_days(from, gw2, 5);
  const auto before = contents(from);
  const std::int64_t start = made_snapshot({}).info.clocks.realtime_ns;
  constexpr std::int64_t minute = 60'000'000'000;
  const Merge merge = export_store(from, part, {{"gw1"}, start + 4 * minute, start + 9 * minute});
  CHECK(merge.copied == 6);
  const auto cut = contents(part);
  REQUIRE(cut.size() == 6);
  for (const auto& [uid, snapshot] : cut) {
    require_same(before.at(uid), snapshot);
    CHECK(snapshot.info.host == "gw1");
  }
  const auto stones = tombstones(part);
  REQUIRE(stones.size() == 1);
  CHECK(stones.front().reason == "not exported");
  require_sound(part);
  CHECK(import_store(part, from, false).copied == 11);
  require_same(before, contents(part));
  CHECK(tombstones(part).empty());
  require_sound(part);
  CHECK_THROWS_WITH(export_store(from, part, {}), part + ": is there already; an export makes a new file");
  const std::string none = directory.file("none.db");
  CHECK_THROWS_AS(export_store(from, none, {{"gw9"}, {}, {}}), Error);
  CHECK_FALSE(std::filesystem::exists(none));
}

TEST_CASE("an import refuses sequences and uids that no recorder writes", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  Days days(77);
  record_days(from, days, 3);
  {
    // As a stranger would: with the right checksum.
    SQLite::Database database(from, SQLite::OPEN_READWRITE);
    Layouts layouts(database);
    Records records(database, layouts);
    auto record = *records.find_snapshot(3);
    database.exec("DELETE FROM block WHERE snapshot_id = 3; DELETE FROM snapshot WHERE id = 3");
    record.sequence = ~std::uint64_t{0} >> 1;
    records.insert_snapshot(record);
  }
  const Merge merge = import_store(to, from, false);
  CHECK(merge.copied == 2);
  CHECK(merge.damaged == std::vector<std::string>{from + ": snapshot 4 has an impossible uid or sequence"});
}
