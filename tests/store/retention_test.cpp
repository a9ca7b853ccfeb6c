// SPDX-License-Identifier: MIT
#include "store/retention.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/keeper.h"
#include "store/store.h"
#include "store/verify.h"
#include "tables/change_set.h"
#include "tables/process.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/made.h"

using namespace hindstat;

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr std::int64_t first_ns = 1'700'000'000'000'000'000;

// One snapshot a minute, `rows` sockets and routes, of which a part changes.
std::vector<Snapshot> made_minutes(int count, std::size_t rows) {
  Rng rng(41);
  std::vector<Table> tables{random_table(*find_table_spec("socket"), rows, rng),
                            random_table(*find_table_spec("route"), rows, rng)};
  std::vector<Snapshot> snapshots;
  for (int minute = 0; minute < count; ++minute) {
    for (Table& table : tables) {
      Table next = mutate(table, rng, 0.3);
      next.truncate(std::min(next.size(), rows)); // mutate() adds more than it takes away.
      settle_timers(table, next);
      table = std::move(next);
    }
    snapshots.push_back(made_snapshot(tables, minute));
  }
  return snapshots;
}

// Few rows of many bytes, so that the file is large and its empty tables do not count: 40 processes, of which 10 have
// another name each minute.
std::vector<Snapshot> made_long_texts(int count) {
  Rng rng(42);
  std::vector<Process> rows(40);
  std::vector<Snapshot> snapshots;
  for (int minute = 0; minute < count; ++minute) {
    Table table(processes.spec());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].pid = static_cast<std::uint32_t>(i + 1);
      if (minute == 0 || (i + static_cast<std::size_t>(minute)) % 4 == 0) {
        rows[i].comm.resize(2000);
        std::ranges::generate(rows[i].comm, [&] { return static_cast<char>(rng()); });
      }
      processes.append(table, rows[i]);
    }
    snapshots.push_back(made_snapshot({table}, minute));
  }
  return snapshots;
}

void record_all(const std::string& path, const std::vector<Snapshot>& snapshots) {
  StoreWriter writer(path);
  for (const Snapshot& snapshot : snapshots) {
    writer.append(snapshot);
  }
}

// Ids are 1, 2, 3, ... in the order of recording.
void require_only(const std::string& path, const std::vector<Snapshot>& recorded, const std::set<std::int64_t>& ids) {
  const Store store(path);
  std::set<std::int64_t> found;
  for (const SnapshotEntry& entry : store.list()) {
    found.insert(entry.id.value());
    const Snapshot loaded = store.load(entry.id);
    const Snapshot& saved = recorded[static_cast<std::size_t>(entry.id.value() - 1)];
    INFO("snapshot " << entry.id.value());
    REQUIRE(loaded.info == saved.info);
    REQUIRE(loaded.tables == saved.tables);
  }
  REQUIRE(found == ids);
  SQLite::Database database(path);
  CHECK(database.execAndGet("PRAGMA integrity_check").getString() == "ok");
  CHECK(database.execAndGet("PRAGMA freelist_count").getInt() == 0);
  CHECK_FALSE(SQLite::Statement(database, "PRAGMA foreign_key_check").executeStep());
}

std::set<std::int64_t> ids_between(std::int64_t first, std::int64_t last) {
  std::set<std::int64_t> ids;
  for (std::int64_t id = first; id <= last; ++id) {
    ids.insert(id);
  }
  return ids;
}

// How many tombstones there are, and that each snapshot's predecessor is here or has one.
int count_tombstones(const std::string& path) {
  SQLite::Database database(path);
  CHECK(database
          .execAndGet("SELECT count(*) FROM snapshot WHERE previous IS NOT NULL AND previous NOT IN (SELECT uid FROM"
                      " snapshot) AND previous NOT IN (SELECT uid FROM tombstone)")
          .getInt()
        == 0);
  return database.execAndGet("SELECT count(*) FROM tombstone").getInt();
}

std::uint64_t size_of(const std::string& path) {
  return std::filesystem::file_size(path);
}

} // namespace

TEST_CASE("pruning by age to a tenth leaves a tenth of the file, and its content whole", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::vector<Snapshot> all = made_minutes(60, 60);
  record_all(path, all);
  const std::uint64_t before = size_of(path);
  Limits limits;
  limits.keep_ns = 6 * minute_ns - 1; // The last 6 of 60.
  const std::int64_t now = first_ns + 59 * minute_ns;
  const PruneReport planned = Store(path).plan_prune(limits, now);
  CHECK(planned.expired == 54);
  CHECK(size_of(path) == before);
  const PruneReport done = StoreKeeper(path).prune(limits, now);
  CHECK(done.expired == 54);
  CHECK(done.snapshots() == 54);
  CHECK(done.first_ns == first_ns);
  CHECK(done.last_ns == first_ns + 53 * minute_ns);
  CHECK(done.bytes_before == before);
  CHECK(done.bytes_after == size_of(path));
  CHECK_FALSE(done.is_partial);
  INFO(size_of(path) << " of " << before);
  // As large as a file in which nothing else ever was.
  const std::string fresh = directory.file("fresh.db");
  record_all(fresh, {all.begin() + 54, all.end()});
  CHECK(size_of(path) < size_of(fresh) + size_of(fresh) / 8);
  require_only(path, all, ids_between(55, 60));
  CHECK(count_tombstones(path) == 1);
  CHECK(StoreKeeper(path).prune(limits, now).snapshots() == 0);
  // Recording goes on behind it.
  std::vector<Snapshot> more = made_minutes(63, 60);
  record_all(path, {more.begin() + 60, more.end()});
  more.erase(more.begin(), more.begin() + 60);
  std::vector<Snapshot> both = all;
  both.insert(both.end(), more.begin(), more.end());
  require_only(path, both, ids_between(55, 63));
}

TEST_CASE("of a file of uniform snapshots pruning to a tenth of them leaves about a tenth", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const FaultVfs without_syncing;
  constexpr int count = 300;
  const std::vector<Snapshot> all = made_long_texts(count);
  record_all(path, all);
  const auto before = static_cast<double>(size_of(path));
  Limits limits;
  limits.keep_ns = count / 10 * minute_ns - 1;
  const std::int64_t now = first_ns + (count - 1) * minute_ns;
  const PruneReport planned = Store(path).plan_prune(limits, now);
  CHECK(StoreKeeper(path).prune(limits, now).expired == count * 9 / 10);
  const auto after = static_cast<double>(size_of(path));
  INFO(after << " of " << before);
  // The empty tables and the keyframes that replace change sets are what is beyond a tenth.
  CHECK(after > 0.07 * before);
  CHECK(after < 0.15 * before);
  CHECK(std::abs(static_cast<double>(planned.bytes_after) - after) < 0.05 * before);
  require_only(path, all, ids_between(count * 9 / 10 + 1, count));
  const Verification found = verify_store(path);
  CHECK(found.damage.empty());
  CHECK(found.snapshots == count / 10);
}

TEST_CASE("pruning by size takes the oldest until the file is small enough, and never the newest", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::vector<Snapshot> all = made_minutes(60, 60);
  record_all(path, all);
  Limits limits;
  limits.max_bytes = size_of(path) / 5 * 3; // Empty tables take a third.
  const std::int64_t now = first_ns + 59 * minute_ns;
  const PruneReport done = StoreKeeper(path).prune(limits, now);
  CHECK(size_of(path) <= *limits.max_bytes);
  CHECK(size_of(path) > *limits.max_bytes * 7 / 10);
  CHECK(done.for_size == done.snapshots());
  CHECK_FALSE(done.is_too_large);
  require_only(path, all, ids_between(static_cast<std::int64_t>(done.for_size) + 1, 60));
  limits.max_bytes = 1;
  CHECK(StoreKeeper(path).prune(limits, now).is_too_large);
  require_only(path, all, {60});
}

TEST_CASE("thinning keeps the first of each interval of each host, and pins stay", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  std::vector<Snapshot> all = made_minutes(60, 20);
  for (std::size_t i = 1; i < all.size(); i += 2) {
    all[i].info.host = "other";
  }
  record_all(path, all);
  {
    const std::vector<SnapshotId> ids{SnapshotId(4), SnapshotId(17)};
    StoreKeeper(path).pin(ids, "INC-123", 5);
  }
  // Whole tens of minutes begin at ids 8, 18, 28, ...: 1,700,000,000 s is 13 min 20 s past an hour.
  Limits limits;
  limits.thin = {{10 * minute_ns, 30 * minute_ns}};
  const std::int64_t now = first_ns + 60 * minute_ns; // Ids 1..30 are older than half an hour.
  const PruneReport planned = Store(path).plan_prune(limits, now);
  const PruneReport done = StoreKeeper(path).prune(limits, now);
  CHECK(planned.thinned == done.thinned);
  CHECK(done.pinned == 2);
  std::set<std::int64_t> kept = ids_between(31, 60);
  std::set<std::pair<std::string, std::int64_t>> seen;
  for (std::int64_t id = 1; id <= 30; ++id) {
    const SnapshotInfo& info = all[static_cast<std::size_t>(id - 1)].info;
    const bool is_first = seen.insert({info.host, info.clocks.realtime_ns / (10 * minute_ns)}).second;
    if (is_first || id == 4 || id == 17) {
      kept.insert(id);
    }
  }
  CHECK(kept.size() < 42);
  require_only(path, all, kept);
  count_tombstones(path);
  CHECK(StoreKeeper(path).prune(limits, now).thinned == 0);
  limits.keep_ns = 1;
  CHECK(StoreKeeper(path).prune(limits, now).pinned == 2);
  require_only(path, all, {4, 17});
  {
    const std::vector<SnapshotId> ids{SnapshotId(4), SnapshotId(17)};
    CHECK(StoreKeeper(path).unpin(ids) == 2);
    CHECK(StoreKeeper(path).unpin(ids) == 0);
  }
  StoreKeeper(path).prune(limits, now);
  CHECK(Store(path).list().empty());
}

TEST_CASE("a damaged pin is an error of pruning, and nothing goes", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_all(path, made_minutes(3, 5));
  {
    const std::vector<SnapshotId> ids{SnapshotId(2)};
    StoreKeeper(path).pin(ids, "kept", 5);
  }
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE pin SET uid = randomblob(16)");
  }
  Limits limits;
  limits.keep_ns = 1;
  CHECK_THROWS_AS(StoreKeeper(path).prune(limits, first_ns + 60 * minute_ns), Error);
  CHECK(Store(path).list().size() == 3);
  CHECK(Store(path).notes().damage.size() == 1);
}

TEST_CASE("a clock that is wrong for one recording makes nothing old", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  std::vector<Snapshot> all = made_minutes(23, 5);
  all[21].info.clocks.realtime_ns += 1'000'000 * minute_ns / 100;
  Limits limits;
  limits.keep_ns = 60 * minute_ns;
  record_all(path, {all.begin(), all.begin() + 20});
  StoreKeeper(path).set_limits(limits);
  record_all(path, {all.begin() + 20, all.end()});
  require_only(path, all, ids_between(1, 23));
}

TEST_CASE("settings that are damaged prune nothing, and recording goes on and says so", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::vector<Snapshot> all = made_minutes(6, 5);
  record_all(path, {all.begin(), all.begin() + 5});
  Limits limits;
  limits.keep_ns = 1'000'000'000;
  StoreKeeper(path).set_limits(limits);
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE setting SET value = '1'");
  }
  StoreWriter writer(path);
  writer.append(all[5]);
  CHECK(writer.prune_trouble().find("setting keep_ns is damaged") != std::string::npos);
  CHECK(Store(path).list().size() == 6);
}
