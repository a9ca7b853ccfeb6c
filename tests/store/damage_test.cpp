// SPDX-License-Identifier: MIT
// A store with any bit flipped or cut anywhere: an Error, or the right data; never a crash, never wrong rows.
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "tables/process.h"
#include "tables/socket_owner.h"
#include "tests/store/made.h"
#include "tests/store/sweep.h"

using namespace hindstat;

namespace {

// A store of a few snapshots and what they hold, by uid.
class Sample {
public:
  Sample() : path_(directory_.file("x.db")) {
    Rng rng(41);
    std::vector<Table> tables{random_table(socket_owners.spec(), 10, rng), random_table(processes.spec(), 10, rng)};
    {
      StoreWriter writer(path_);
      for (int minute = 0; minute < 3; ++minute) {
        writer.append(made_snapshot(tables, minute));
        for (Table& table : tables) {
          table = mutate(table, rng, 0.1);
        }
      }
    }
    const Store store(path_);
    for (const SnapshotEntry& entry : store.list()) {
      snapshots_.emplace(entry.uid, store.load(entry.id));
    }
    bytes_ = read_bytes(path_);
  }

  [[nodiscard]] const std::string& bytes() const {
    return bytes_;
  }
  [[nodiscard]] const std::string& path() const {
    return path_;
  }

  // Another byte at this place of the file.
  void put(std::size_t at, char byte) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at)).put(byte);
  }

  struct Outcome {
    std::size_t errors = 0;
    std::size_t right = 0;
  };

  // Reads all that can be read of the file as it is now; wrong data fails the test.
  [[nodiscard]] Outcome read_all() const {
    Outcome outcome;
    std::vector<SnapshotEntry> entries;
    std::optional<Store> store;
    try {
      store.emplace(path_);
      entries = store->list();
    } catch (const Error& e) {
      require_sentence(e);
      ++outcome.errors;
    }
    for (const SnapshotEntry& entry : entries) {
      const auto saved = snapshots_.find(entry.uid);
      REQUIRE(saved != snapshots_.end());
      REQUIRE(entry.info == saved->second.info);
      try {
        const Snapshot loaded = store->load(entry.id);
        REQUIRE(loaded.info == saved->second.info);
        REQUIRE(loaded.tables == saved->second.tables);
        ++outcome.right;
      } catch (const Error& e) {
        require_sentence(e);
        ++outcome.errors;
      }
    }
    return outcome;
  }

private:
  void require_sentence(const Error& e) const {
    REQUIRE_THAT(e.what(), Catch::StartsWith(path_ + ": "));
    REQUIRE(e.code() == ExitCode::trouble);
  }

  TemporaryDirectory directory_;
  std::string path_;
  std::string bytes_;
  std::map<std::string, Snapshot> snapshots_;
};

void execute(const std::string& path, const std::string& sql) {
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec(sql);
}

} // namespace

TEST_CASE("a store with a flipped bit gives an error or the right data", "[store][soak]") {
  const Sample sample;
  REQUIRE(sample.read_all().right == 3);
  constexpr std::size_t step = 97; // In a soak; several seeds cover the same.
  constexpr std::size_t stride = 9;
  const auto steps = swept(8 * sample.bytes().size() / step, stride);
  std::size_t errors = 0;
  std::size_t tried = 0;
  for (const std::size_t position : steps) {
    say_progress("flipped bits", ++tried, steps.size());
    const std::size_t bit = position * step;
    INFO("bit " << bit);
    const char right = sample.bytes()[bit / 8];
    sample.put(bit / 8, static_cast<char>(right ^ (1 << (bit % 8))));
    errors += sample.read_all().errors > 0 ? 1U : 0U;
    sample.put(bit / 8, right);
  }
  CHECK(sample.read_all().right == 3);
  CHECK(errors > steps.size() / 100);
}

TEST_CASE("a truncated store gives an error or the right data", "[store]") {
  const Sample sample;
  const std::string bytes = sample.bytes();
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 509) {
    INFO(size << " bytes of " << bytes.size());
    write_bytes(sample.path(), bytes.substr(0, size));
    REQUIRE(sample.read_all().errors > 0);
  }
  write_bytes(sample.path(), bytes.substr(0, 8192));
  CHECK_THROWS_WITH(Store(sample.path()),
                    sample.path() + ": truncated to 8192 of " + std::to_string(bytes.size()) + " bytes");
}

TEST_CASE("a page of garbage anywhere gives an error or the right data", "[store]") {
  const Sample sample;
  constexpr std::size_t page = 4096;
  Rng rng(42);
  for (std::size_t at = 0; at < sample.bytes().size(); at += page) {
    for (const bool zeros : {true, false}) {
      std::string damaged = sample.bytes();
      for (std::size_t i = at; i < at + page; ++i) {
        damaged[i] = zeros ? '\0' : static_cast<char>(rng());
      }
      INFO("page " << at / page << (zeros ? " of zeros" : " of noise"));
      write_bytes(sample.path(), damaged);
      static_cast<void>(sample.read_all());
    }
  }
}

TEST_CASE("recording into a store with a page of garbage fails clearly or can be read", "[store]") {
  const Sample sample;
  constexpr std::size_t page = 4096;
  Rng rng(44);
  const std::vector<Table> tables{random_table(processes.spec(), 12, rng)};
  std::size_t recorded = 0;
  for (std::size_t at = 0; at < sample.bytes().size(); at += page) {
    std::string damaged = sample.bytes();
    std::generate_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), page, [&] { return static_cast<char>(rng()); });
    INFO("page " << at / page);
    write_bytes(sample.path(), damaged);
    SnapshotId id;
    try {
      StoreWriter writer(sample.path());
      id = writer.append(made_snapshot(tables, 9));
    } catch (const Error& e) {
      CHECK_THAT(e.what(), Catch::StartsWith(sample.path() + ": "));
      continue;
    }
    CHECK(Store(sample.path()).load(id).tables == tables);
    ++recorded;
  }
  CHECK(recorded > 0);
}

TEST_CASE("a damaged block costs its chain's tail and nothing else", "[store]") {
  const Sample sample;
  execute(sample.path(),
          "UPDATE block SET payload = zeroblob(length(payload)) WHERE id = (SELECT b.id FROM block b JOIN"
          " layout l ON l.id = b.layout_id WHERE l.table_name = 'socket_owner' AND b.snapshot_id = 2)");
  const Store store(sample.path());
  REQUIRE(store.list().size() == 3);
  CHECK_NOTHROW(store.load(SnapshotId(1)));
  for (const int id : {2, 3}) {
    CHECK_THROWS_WITH(store.load(SnapshotId(id)), Catch::StartsWith(sample.path() + ": snapshot " + std::to_string(id)
                                                                    + ", table socket_owner: block ")
                                                    && Catch::EndsWith("is damaged (its checksum does not match)"));
    const std::vector<std::string> others{"process"};
    CHECK_NOTHROW(store.load(SnapshotId(id), others));
  }
}

TEST_CASE("each field of a snapshot is guarded by its checksum", "[store]") {
  const Sample sample;
  for (const char* change :
       {"snapshot SET realtime_ns = realtime_ns + 1", "snapshot SET boottime_ns = 0", "snapshot SET took_ns = 1",
        "snapshot SET ntp_offset_us = NULL", "snapshot SET ntp_status = 0", "snapshot SET recorder = 'x'",
        "snapshot SET euid = 1", "snapshot SET capabilities = 0", "snapshot SET net_namespace = 1",
        "snapshot SET uid = randomblob(16)", "snapshot SET captures = zeroblob(20)", "snapshot SET captures_rows = 9",
        "snapshot SET sequence = sequence + 100", "host SET name = 'other'", "host SET machine_id = ''",
        "boot SET boot_uuid = 'x'", "boot SET kernel_release = '7'", "boot SET origin = randomblob(16)",
        "layout SET columns = replace(columns, 'state', 'attribute')"}) {
    INFO(change);
    write_bytes(sample.path(), sample.bytes());
    execute(sample.path(), std::string("PRAGMA foreign_keys = OFF; UPDATE ") + change);
    const auto outcome = sample.read_all();
    CHECK(outcome.errors > 0);
  }
}

TEST_CASE("blocks that refer to each other in a circle, to nothing or to another table are refused", "[store]") {
  const Sample sample;
  for (const char* change :
       {"block SET base_id = id", "block SET base_id = 7777 WHERE base_id IS NOT NULL",
        "block SET base_id = (SELECT max(id) FROM block)", "block SET layout_id = layout_id + 7777",
        "block SET row_count = -1", "block SET row_count = 268435456", "block SET content_sum = 0",
        "block SET base_id = NULL WHERE base_id IS NOT NULL", "snapshot SET captures_base = 7777",
        "snapshot SET captures_base = sequence", "snapshot SET captures_layout = 1"}) {
    INFO(change);
    write_bytes(sample.path(), sample.bytes());
    execute(sample.path(), std::string("PRAGMA foreign_keys = OFF; UPDATE ") + change);
    CHECK(sample.read_all().errors > 0);
  }
}

TEST_CASE("recording goes on behind damaged snapshots", "[store]") {
  const Sample sample;
  Rng rng(43);
  const std::vector<Table> tables{random_table(socket_owners.spec(), 8, rng), random_table(processes.spec(), 12, rng)};
  for (const char* change :
       {"block SET payload = zeroblob(9)", "snapshot SET captures = zeroblob(9)", "snapshot SET checksum = 0"}) {
    INFO(change);
    write_bytes(sample.path(), sample.bytes());
    execute(sample.path(), std::string("UPDATE ") + change);
    SnapshotId id;
    {
      StoreWriter writer(sample.path());
      const auto info = made_snapshot({}).info;
      writer.prepare(info.host, info.machine_id, info.boot_id);
      id = writer.append(made_snapshot(tables, 9));
    }
    CHECK(Store(sample.path()).load(id).tables == tables);
  }
}
