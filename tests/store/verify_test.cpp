// SPDX-License-Identifier: MIT
// Whatever bit flips: verify finds it, or nothing of what the store says has changed.
#include <sqlite3.h>

#include <cstdlib>

#include "base/error.h"
#include "store/merge.h"
#include "store/removal.h"
#include "store/verify.h"
#include "tests/store/days.h"

using namespace hindstat;

namespace {

void record(const std::string& path) {
  Days days(71, "gw1", 12);
  record_days(path, days, 6);
  remove_from_store(path, {SnapshotId(2), SnapshotId(3)});
}

// Every value of every table with its type, SQLite's own included; nullopt when SQLite cannot read it.
std::optional<std::string> full_dump(const std::string& path) {
  try {
    SQLite::Database database(path, SQLite::OPEN_READONLY);
    std::string text;
    std::vector<std::string> tables;
    SQLite::Statement names(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    while (names.executeStep()) {
      tables.push_back(names.getColumn(0).getString());
    }
    for (const std::string& table : tables) {
      text += table + "\n";
      SQLite::Statement rows(database, "SELECT * FROM \"" + table + "\" NOT INDEXED ORDER BY 1, 2");
      while (rows.executeStep()) {
        for (int i = 0; i < rows.getColumnCount(); ++i) {
          const auto column = rows.getColumn(i);
          text += std::to_string(column.getType()) + ":" + std::to_string(column.getBytes()) + ":" + column.getString();
        }
        text += "\n";
      }
    }
    return text;
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

std::string all_of(const Verification& found) {
  std::string text;
  for (const std::string& sentence : found.damage) {
    text += sentence + "\n";
  }
  return text;
}

} // namespace

TEST_CASE("a sound store verifies, with its tombstones counted", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record(path);
  const Verification found = verify_store(path);
  INFO(all_of(found));
  CHECK(found.damage.empty());
  CHECK(found.costs.empty());
  CHECK(found.snapshots == 4);
  CHECK(found.blocks > 4);
  CHECK(found.gone == std::map<std::string, std::uint64_t>{{"removed", 2}});
  CHECK_THROWS_WITH(verify_store(directory.file("none.db")), directory.file("none.db") + ": no such file");
}

TEST_CASE("verify finds every flipped bit that changes what a store says", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record(path);
  const std::string bytes = read_bytes(path);
  const auto dump = full_dump(path);
  REQUIRE(dump);
  const char* wanted = std::getenv("HINDSTAT_FLIPS"); // For longer runs.
  const int flips = wanted != nullptr ? std::atoi(wanted) : 120;
  Rng rng(72);
  int found = 0;
  for (int flip = 0; flip < flips; ++flip) {
    std::string damaged = bytes;
    // Half of them where there is something; headers of the file and of its pages are small.
    const std::size_t page = rng() % (bytes.size() / 4096) * 4096;
    const std::size_t byte = flip % 4 == 0 ? page + rng() % 40 : flip % 8 == 1 ? rng() % 100 : rng() % bytes.size();
    const auto bit = static_cast<unsigned>(rng() % 8);
    damaged[byte] = static_cast<char>(damaged[byte] ^ (1 << bit));
    write_bytes(path, damaged);
    INFO("byte " << byte << ", bit " << bit);
    const Verification verification = verify_store(path);
    if (verification.damage.empty()) {
      REQUIRE(full_dump(path) == dump);
    } else {
      ++found;
    }
    if (flip % 10 == 0) { // Other tools see the same file.
      const std::string saved = directory.file("saved.db");
      std::filesystem::remove(saved);
      try {
        static_cast<void>(salvage_store(path, saved));
        const Verification of_saved = verify_store(saved);
        INFO(all_of(of_saved));
        REQUIRE(of_saved.damage.empty());
      } catch (const Error& e) {
        CHECK(e.code() == ExitCode::trouble);
      }
    }
  }
  CHECK(found > flips / 8);
}

TEST_CASE("verify says what is damaged and what it costs", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Days days(73);
  record_days(path, days, 12);
  const std::string bytes = read_bytes(path);
  struct Case {
    const char* change;
    const char* sentence;
    const char* table; // Whose loss is said; nullptr: none.
  };
  for (const Case& one : {
         Case{"UPDATE block SET payload = zeroblob(9) WHERE id = 6", "block 6 is damaged (its checksum", ""},
         Case{"UPDATE block SET row_count = row_count + 1 WHERE id = 1", "block 1", ""},
         Case{"UPDATE block SET base_id = id WHERE id = 5", "block 5: it stands on nothing", ""},
         Case{"DELETE FROM block WHERE id = 6", "refers to a row of table block that is not there", ""},
         Case{"UPDATE snapshot SET captures = zeroblob(9) WHERE id = 4", "snapshot 4 is damaged", ""},
         Case{"UPDATE host SET name = 'other'", "snapshot 1 is damaged", ""},
         Case{"UPDATE layout SET columns = columns || ' ' WHERE id = 2", "layout 2 is damaged", ""},
         Case{"UPDATE store SET origin = randomblob(16)", "the checksum of its origin", nullptr},
         Case{"DELETE FROM block WHERE snapshot_id = 7; DELETE FROM snapshot WHERE id = 7", "is missing (uid", nullptr},
         Case{"UPDATE sqlite_sequence SET seq = 99", "the last id given out", nullptr},
       }) {
    INFO(one.change);
    write_bytes(path, bytes);
    SQLite::Database(path, SQLite::OPEN_READWRITE).exec(std::string("PRAGMA foreign_keys = OFF; ") + one.change);
    const Verification found = verify_store(path);
    CHECK_THAT(all_of(found), Catch::Contains(one.sentence));
    if (one.table != nullptr) {
      REQUIRE_FALSE(found.costs.empty());
      CHECK(found.costs.front().snapshots >= 1);
      CHECK(found.costs.front().first_ns <= found.costs.front().last_ns);
    }
  }
  write_bytes(path, bytes.substr(0, bytes.size() / 2));
  CHECK_THAT(all_of(verify_store(path)), Catch::Contains("truncated to "));
}

TEST_CASE("a listing leaves damaged snapshots out and says so", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Days days(74);
  record_days(path, days, 5);
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("UPDATE snapshot SET took_ns = 1 WHERE id = 3");
  const SoundEntries sound = Store(path).list_sound();
  CHECK(sound.entries.size() == 4);
  CHECK(sound.damage == std::vector<std::string>{path + ": snapshot 3 is damaged (its checksum does not match)"});
  CHECK_THROWS_AS(Store(path).list(), Error);
}
