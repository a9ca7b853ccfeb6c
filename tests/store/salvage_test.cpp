// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "store/merge.h"
#include "store/verify.h"
#include "tests/store/days.h"

using namespace hindstat;

namespace {

// A store of 12 snapshots, to be damaged and saved.
class Patient {
public:
  Patient() : path_(directory_.file("a.db")), saved_(directory_.file("saved.db")) {
    Days days(81);
    record_days(path_, days, 12);
    before_ = contents(path_);
    bytes_ = read_bytes(path_);
  }

  [[nodiscard]] const std::string& bytes() const {
    return bytes_;
  }

  // How many snapshots are whole in what is saved; what is there must be right.
  [[nodiscard]] std::size_t save(const std::string& damaged) {
    write_bytes(path_, damaged);
    return save();
  }

  [[nodiscard]] std::size_t save_after(const std::string& sql) {
    write_bytes(path_, bytes_);
    SQLite::Database(path_, SQLite::OPEN_READWRITE).exec("PRAGMA foreign_keys = OFF; " + sql);
    return save();
  }

  [[nodiscard]] const std::vector<std::string>& lost() const {
    return lost_;
  }
  [[nodiscard]] const std::string& saved() const {
    return saved_;
  }

private:
  [[nodiscard]] std::size_t save() {
    std::filesystem::remove(saved_);
    const std::string damaged = read_bytes(path_);
    lost_.clear();
    try {
      lost_ = salvage_store(path_, saved_).lost;
    } catch (const Error& e) {
      CHECK(e.code() == ExitCode::trouble);
      CHECK_FALSE(std::filesystem::exists(saved_));
      CHECK_FALSE(std::filesystem::exists(saved_ + ".salvage"));
      return 0;
    }
    CHECK(read_bytes(path_) == damaged);
    CHECK_FALSE(std::filesystem::exists(saved_ + ".salvage"));
    const Verification found = verify_store(saved_);
    INFO((found.damage.empty() ? "" : found.damage.front()));
    CHECK(found.damage.empty());
    std::size_t whole = 0;
    for (const auto& [uid, snapshot] : contents(saved_)) {
      const auto saved = before_.find(uid);
      REQUIRE(saved != before_.end());
      REQUIRE(snapshot.info == saved->second.info);
      for (const Table& table : snapshot.tables) {
        const Table* right = saved->second.find_table(table.spec().name);
        REQUIRE(right != nullptr);
        REQUIRE(table == *right);
      }
      for (const Capture& capture : snapshot.captures) {
        const bool there = snapshot.find_table(capture.table) != nullptr;
        CHECK(there == (capture.status == CaptureStatus::complete));
      }
      whole += snapshot.tables.size() == saved->second.tables.size() ? 1U : 0U;
    }
    return whole;
  }

  TemporaryDirectory directory_;
  std::string path_;
  std::string saved_;
  std::string bytes_;
  std::map<std::string, Snapshot> before_;
  std::vector<std::string> lost_;
};

} // namespace

TEST_CASE("all of a sound store is saved", "[store]") {
  Patient patient;
  CHECK(patient.save(patient.bytes()) == 12);
  CHECK(patient.lost().empty());
}

TEST_CASE("what is sound of a damaged store is saved, and what is not is named", "[store]") {
  Patient patient;
  CHECK(patient.save_after("UPDATE snapshot SET euid = 9 WHERE id = 5") >= 4);
  CHECK_FALSE(patient.lost().empty());
  CHECK(patient.save_after("UPDATE block SET payload = zeroblob(9) WHERE snapshot_id = 8") >= 7);
  CHECK_THAT(patient.lost().front(), Catch::Contains("snapshot 8, table "));
  CHECK(patient.save_after("DELETE FROM block WHERE snapshot_id = 8") >= 7);
  CHECK(patient.save_after("UPDATE store SET origin = randomblob(16)") == 12);
  std::string bytes = patient.bytes();
  std::fill_n(bytes.begin(), 24, 'x'); // The first bytes of the file.
  CHECK(patient.save(bytes) == 12);
}

TEST_CASE("a page of garbage or a cut costs what was there and no more", "[store]") {
  Patient patient;
  constexpr std::size_t page = 4096;
  std::size_t saved = 0;
  std::size_t tried = 0;
  Rng rng(82);
  for (std::size_t at = page; at < patient.bytes().size(); at += 5 * page) {
    INFO("page " << at / page + 1);
    std::string damaged = patient.bytes();
    for (std::size_t i = at; i < at + page; ++i) {
      damaged[i] = static_cast<char>(rng());
    }
    saved += patient.save(damaged);
    ++tried;
  }
  CHECK(saved > tried * 4);
  const std::size_t pages = patient.bytes().size() / page;
  for (const std::size_t kept : {std::size_t{1}, pages / 2, pages - 1}) {
    INFO(kept << " pages of " << pages);
    static_cast<void>(patient.save(patient.bytes().substr(0, kept * page - 100)));
  }
  CHECK(patient.save(patient.bytes().substr(0, 100)) == 0);
}
