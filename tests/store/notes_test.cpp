// SPDX-License-Identifier: MIT
#include "store/notes.h"

#include <unistd.h>

#include <filesystem>
#include <thread>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/gap_file.h"
#include "store/keeper.h"
#include "store/limits.h"
#include "tests/store/made.h"

using namespace hindstat;

namespace {

void record_one(const std::string& path, int minute = 0) {
  Rng rng(7);
  StoreWriter(path).append(made_snapshot({random_table(*find_table_spec("route"), 3, rng)}, minute));
}

Gap made_gap(Obstacle reason, std::int64_t moment, std::uint64_t count = 1) {
  return {"gw1", "0123456789abcdef0123456789abcdef", reason, moment, moment, count};
}

Mark made_mark(const std::string& text) {
  Mark mark;
  mark.host = "gw1";
  mark.machine_id = "0123456789abcdef0123456789abcdef";
  mark.at_ns = 1'700'000'000'000'000'000;
  mark.made_ns = 1'700'000'100'000'000'000;
  mark.text = text;
  return mark;
}

} // namespace

TEST_CASE("a mark is there once, with a uid that is the same in every store", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::string other = directory.file("b.db");
  record_one(path);
  record_one(other);
  StoreKeeper(path).mark(made_mark("deploy 4.2"));
  StoreKeeper(path).mark(made_mark("deploy 4.2"));
  StoreKeeper(path).mark(made_mark("rollback"));
  StoreKeeper(other).mark(made_mark("deploy 4.2"));
  const StoreNotes notes = Store(path).notes();
  REQUIRE(notes.marks.size() == 2);
  CHECK(notes.damage.empty());
  const Mark same = Store(other).notes().marks.at(0);
  const auto found = std::ranges::find(notes.marks, "deploy 4.2", &Mark::text);
  REQUIRE(found != notes.marks.end());
  CHECK(found->uid == same.uid);
  CHECK(found->uid.size() == 32);
  CHECK(found->host == "gw1");
  CHECK(found->at_ns == made_mark("").at_ns);
  CHECK(found->made_ns == made_mark("").made_ns);
}

TEST_CASE("notes that are damaged are left out and named", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_one(path);
  StoreKeeper(path).mark(made_mark("one"));
  StoreKeeper(path).mark(made_mark("two"));
  REQUIRE(note_gap(path, made_gap(Obstacle::full, 5)));
  record_one(path, 1);
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("UPDATE mark SET text = 'three' WHERE text = 'two'; UPDATE gap SET count = 9");
  }
  const StoreNotes notes = Store(path).notes();
  CHECK(notes.marks.size() == 1);
  CHECK(notes.gaps.empty());
  REQUIRE(notes.damage.size() == 2);
  CHECK(notes.damage[0].starts_with("mark "));
  CHECK(notes.damage[1].starts_with("gap "));
}

TEST_CASE("pinning what is not there changes nothing", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_one(path);
  const std::vector<SnapshotId> ids{SnapshotId(1), SnapshotId(7)};
  CHECK_THROWS_AS(StoreKeeper(path).pin(ids, "x", 1), Error);
  CHECK(Store(path).notes().pins.empty());
  const std::vector<SnapshotId> one{SnapshotId(1)};
  StoreKeeper(path).pin(one, "x", 1);
  StoreKeeper(path).pin(one, "y", 2);
  const Store store(path);
  REQUIRE(store.notes().pins.size() == 1);
  CHECK(store.notes().pins[0].note == "y");
  CHECK(store.notes().pins[0].uid == store.list()[0].uid);
}

TEST_CASE("who keeps a store never makes one", "[store]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_AS(StoreKeeper(directory.file("none.db")), Error);
  CHECK_FALSE(std::filesystem::exists(directory.file("none.db")));
  write_bytes(directory.file("empty.db"), "");
  CHECK_THROWS_AS(StoreKeeper(directory.file("empty.db")), Error);
  CHECK(read_bytes(directory.file("empty.db")).empty());
}

TEST_CASE("limits come back as they were set, and nothing is left of those before", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_one(path);
  CHECK(Store(path).limits().empty());
  Limits limits;
  limits.keep_ns = 30;
  limits.max_bytes = 2'000'000'000;
  limits.thin = {{5, 10}, {7, 20}};
  StoreKeeper(path).set_limits(limits);
  CHECK(Store(path).limits() == limits);
  limits = {};
  limits.max_bytes = 9;
  StoreKeeper(path).set_limits(limits);
  CHECK(Store(path).limits() == limits);
  StoreKeeper(path).set_limits({});
  CHECK(Store(path).limits().empty());
}

TEST_CASE("what could not be stored is counted beside the store, and the next recording takes it in", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_one(path);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(note_gap(path, made_gap(Obstacle::full, 100 + i)));
  }
  REQUIRE(note_gap(path, made_gap(Obstacle::busy, 200)));
  const std::vector<Gap> expected{{"gw1", made_gap(Obstacle::full, 0).machine_id, Obstacle::full, 100, 104, 5},
                                  made_gap(Obstacle::busy, 200)};
  CHECK(Store(path).notes().gaps == expected); // Known before it is in the file.
  record_one(path, 1);
  CHECK_FALSE(std::filesystem::exists(gap_file_of(path)));
  CHECK(Store(path).notes().gaps == expected);
  record_one(path, 2);
  CHECK(Store(path).notes().gaps == expected);
}

TEST_CASE("a recorder that dies before it removes the note counts nothing twice", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_one(path);
  REQUIRE(note_gap(path, made_gap(Obstacle::full, 100, 3)));
  const std::string noted = read_gap_file(path);
  record_one(path, 1);
  write_bytes(gap_file_of(path), noted);
  REQUIRE(note_gap(path, made_gap(Obstacle::full, 101)));
  record_one(path, 2);
  const std::vector<Gap> gaps = Store(path).notes().gaps;
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].count == 4);
  CHECK(gaps[0].last_ns == 101);
}

TEST_CASE("a note that is damaged, foreign or no file claims nothing and is in nobody's way", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  record_one(path);
  REQUIRE(note_gap(path, made_gap(Obstacle::full, 100)));
  const std::string noted = read_gap_file(path);
  REQUIRE(parse_gaps(noted).size() == 1);
  for (std::size_t i = 0; i < noted.size(); ++i) {
    CHECK(parse_gaps(noted.substr(0, i)).empty());
    std::string flipped = noted;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    CHECK(parse_gaps(flipped).empty());
  }
  write_bytes(gap_file_of(path), "no such thing");
  record_one(path, 1);
  CHECK(Store(path).notes().gaps.empty());
  std::filesystem::remove(gap_file_of(path));
  std::filesystem::create_symlink(directory.file("elsewhere"), gap_file_of(path));
  CHECK_FALSE(note_gap(path, made_gap(Obstacle::full, 100)));
  CHECK_FALSE(std::filesystem::exists(directory.file("elsewhere")));
  record_one(path, 2);
  CHECK(Store(path).list().size() == 3);
  CHECK_FALSE(note_gap(directory.file("nowhere/a.db"), made_gap(Obstacle::full, 100)));
}

TEST_CASE("many that note at once lose no count", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        static_cast<void>(note_gap(path, made_gap(Obstacle::busy, 100)));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const std::vector<Gap> gaps = parse_gaps(read_gap_file(path));
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].count == 100);
}
