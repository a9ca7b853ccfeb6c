// SPDX-License-Identifier: MIT
// Stores that a stranger made by hand: their checksums are right, what they say is not.
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/bytes.h"
#include "store/compression.h"
#include "store/layout.h"
#include "store/merge.h"
#include "store/records.h"
#include "tables/process.h"
#include "tables/socket.h"
#include "tests/store/history.h"
#include "tests/store/stranger.h"

using namespace hindstat;
namespace fs = std::filesystem;

namespace {

void execute(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  database.exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
  database.exec(sql);
}

/// A store of three snapshots that can be brought back.
class Sample {
public:
  Sample() : history_(made_history(3, 10)) {
    StoreWriter writer(path());
    for (const Snapshot& snapshot : history_) {
      writer.append(snapshot);
    }
    bytes_ = read_bytes(path());
  }
  [[nodiscard]] std::string path() const {
    return directory_.file("x.db");
  }
  [[nodiscard]] const std::vector<Snapshot>& history() const {
    return history_;
  }
  void restore() const {
    write_bytes(path(), bytes_);
  }

private:
  TemporaryDirectory directory_;
  std::vector<Snapshot> history_;
  std::string bytes_;
};

/// Reads all that can be read; an Error is as good as data, but for what it says.
void read_all(const std::string& path) {
  const auto careful = [&](const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& e) {
      REQUIRE_THAT(e.what(), Catch::StartsWith(path + ": "));
    }
  };
  careful([&] {
    const Store store(path);
    for (const SnapshotEntry& entry : store.list()) {
      careful([&] { static_cast<void>(store.size_of(entry.id)); });
      careful([&] {
        for (const Table& table : store.load(entry.id).tables) {
          for (std::size_t column = 0; column < table.spec().columns.size(); ++column) {
            REQUIRE(table.column(column).size() == table.size());
          }
        }
      });
    }
  });
}

/// The most memory, in MiB, that a process takes for `work` beyond what it has before; it must end within the time.
long peak_growth(const std::function<void()>& work) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    rusage before{};
    rusage after{};
    ::getrusage(RUSAGE_SELF, &before);
    constexpr unsigned longest_seconds = 120;
    ::alarm(longest_seconds);
    work();
    ::getrusage(RUSAGE_SELF, &after);
    const long growth = (after.ru_maxrss - before.ru_maxrss) / 1024;
    static_cast<void>(!::write(ends[1], &growth, sizeof growth));
    ::_exit(0);
  }
  ::close(ends[1]);
  long growth = -1;
  static_cast<void>(!::read(ends[0], &growth, sizeof growth));
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  return growth;
}

std::string varint(std::uint64_t number) {
  std::string bytes;
  append_varint(bytes, number);
  return bytes;
}

/// The body of a keyframe of `rows` equal rows: some bytes a column, whatever the number of rows.
std::string equal_rows(const TableSpec& spec, std::uint64_t rows) {
  std::string body = "K" + varint(rows);
  for (const ColumnSpec& column : spec.columns) {
    if (column.kind == Kind::text) {
      body += varint(1) + std::string("\0\1", 2) + "x"; // One entry of one byte.
    } else if (column.kind == Kind::address) {
      body += varint(1) + std::string("\0\1", 2) + varint(0); // 0.0.0.1
    }
    body += std::string("\0\0\0", 3); // No nulls; all 0.
  }
  return body;
}

} // namespace

TEST_CASE("triggers and views in a store are not run, by nobody", "[store]") {
  const Sample sample;
  execute(
    sample.path(),
    "CREATE TABLE ran (what); CREATE TRIGGER t1 AFTER INSERT ON snapshot BEGIN INSERT INTO ran VALUES ('insert');"
    " DELETE FROM block; END; CREATE TRIGGER t2 AFTER INSERT ON block BEGIN INSERT INTO ran VALUES ('block'); END;"
    " CREATE TRIGGER t3 BEFORE INSERT ON host BEGIN SELECT RAISE(ABORT, 'a trigger ran'); END;"
    " CREATE VIEW looked AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  CHECK(load_all_whole(sample.path(), sample.history()).size() == 3);
  Snapshot next = made_history(4, 10).back();
  next.info.host = "another host";
  const SnapshotId id = StoreWriter(sample.path()).append(next);
  CHECK(Store(sample.path()).load(id).tables == next.tables);
  SQLite::Database database(sample.path());
  CHECK(database.execAndGet("SELECT count(*) FROM ran").getInt() == 0);
  CHECK(database.execAndGet("SELECT count(*) FROM block").getInt() > 0);
}

TEST_CASE("a view, a virtual table or computed columns in place of a table are refused", "[store]") {
  const Sample sample;
  const auto error_of = [&] {
    try {
      static_cast<void>(Store(sample.path()).list());
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  const std::string missing = sample.path() + ": not a hindstat store (its tables are not there)";
  execute(sample.path(), "PRAGMA foreign_keys = OFF; ALTER TABLE host RENAME TO hidden;"
                         " CREATE VIEW host AS SELECT id, name, machine_id FROM hidden");
  CHECK(error_of() == missing);
  sample.restore();
  execute(sample.path(), "PRAGMA foreign_keys = OFF; DROP TABLE tombstone; CREATE VIRTUAL TABLE tombstone USING "
                         "fts5(uid, boot_id, sequence)");
  CHECK(error_of() == missing);
  for (const char* kind : {"VIRTUAL", "STORED"}) {
    sample.restore();
    const std::string kept = kind == std::string("STORED") ? "zeroblob(length(name) * 1000)" : "zeroblob(900000000)";
    execute(sample.path(),
            "PRAGMA foreign_keys = OFF; CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT, machine_id"
            " BLOB GENERATED ALWAYS AS ("
              + kept + ") " + kind
              + "); INSERT INTO other (id, name)"
                " SELECT id, name FROM host; DROP TABLE host; ALTER TABLE other RENAME TO host");
    CHECK(error_of() == sample.path() + ": not a hindstat store (it has computed columns)");
    CHECK_THROWS_WITH(StoreWriter(sample.path()), sample.path() + ": not a hindstat store (it has computed columns)");
  }
}

TEST_CASE("a small store that claims millions of rows takes no gigabytes and says so", "[store]") {
  // Each is some kB; its checksums are right.
  struct Bomb {
    const char* what;
    TableSpec spec;
    std::string body;
    std::uint64_t rows;
  };
  const std::uint64_t socket_rows = 3'000'000;
  std::string long_texts =
    "K" + varint(2400) + varint(2400) + std::string("\0", 1) + varint(65'536) + std::string(157'286'400, 'x');
  const std::array<Bomb, 4> bombs = {
    Bomb{"equal sockets", sockets.spec(), equal_rows(sockets.spec(), socket_rows), socket_rows},
    Bomb{"the most rows that there may be", processes.spec(), equal_rows(processes.spec(), 1U << 24U), 1U << 24U},
    Bomb{"long texts", processes.spec(), std::move(long_texts), 2400},
    Bomb{"sockets within the limit for a file of its size", sockets.spec(), equal_rows(sockets.spec(), 100'000),
         100'000}};
  const Sample sample;
  for (const Bomb& bomb : bombs) {
    INFO(bomb.what);
    sample.restore();
    const std::string payload = compress(bomb.body);
    REQUIRE(payload.size() < 100'000);
    replace_block(sample.path(), std::string(bomb.spec.name), payload, bomb.rows);
    std::string said = "nothing";
    const long grown = peak_growth([&] { read_all(sample.path()); });
    try {
      const std::vector<std::string> table{std::string(bomb.spec.name)};
      static_cast<void>(Store(sample.path()).load(SnapshotId(1), table));
    } catch (const Error& e) {
      said = e.what();
    }
    const std::string merged = sample.path() + "-merged";
    fs::remove(merged);
    const long grown_by_import = peak_growth([&] { static_cast<void>(import_store(merged, sample.path(), false)); });
    CHECK(grown_by_import >= 0);
    CHECK(grown_by_import < 400);
    fs::remove(merged);
    const Merge merge = import_store(merged, sample.path(), false);
    REQUIRE_FALSE(merge.damaged.empty());
    CHECK_THAT(merge.damaged.front(), Catch::Contains("damaged"));
    WARN(bomb.what << ": a payload of " << payload.size() << " bytes took " << grown << " MiB: " << said);
    CHECK(grown >= 0);
    CHECK(grown < 400);
    CHECK_THAT(said, Catch::Contains("damaged"));
  }
}

TEST_CASE("how much memory a load may take can be set, and is said when it is too little", "[store]") {
  const Sample sample;
  const auto error_with = [&](const char* limit) {
    ::setenv("HINDSTAT_MEMORY", limit, 1);
    std::string said = "none";
    try {
      static_cast<void>(Store(sample.path()).load(SnapshotId(1)));
    } catch (const Error& e) {
      said = e.what();
    }
    ::unsetenv("HINDSTAT_MEMORY");
    return said;
  };
  CHECK(error_with("") == "none");
  CHECK(error_with("1G") == "none");
  CHECK_THAT(error_with("1000"),
             Catch::Contains("it needs 0 MiB of memory, and one load may take 0 ($HINDSTAT_MEMORY"));
  for (const char* wrong : {"x", "-1", "0", "5T", "99999999999999999999", "20000000000G", "1 G"}) {
    CHECK(error_with(wrong) == "$HINDSTAT_MEMORY: '" + std::string(wrong) + "' is no size such as 512M or 2G");
  }
}

TEST_CASE("a tree of pages that leads to the same rows again and again ends with an error", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  {
    StoreWriter writer(path);
    for (const Snapshot& snapshot : made_history(60, 5)) {
      writer.append(snapshot);
    }
  }
  std::string bytes = read_bytes(path);
  SQLite::Database database(path);
  const std::size_t root = database.execAndGet("SELECT rootpage FROM sqlite_schema WHERE name = 'snapshot'").getUInt();
  constexpr std::size_t page = 4096;
  const std::size_t at = (root - 1) * page;
  const auto number_at = [&](std::size_t offset) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[offset])) << 8
           | static_cast<unsigned char>(bytes[offset + 1]);
  };
  REQUIRE(bytes[at] == 5); // An interior page of a table: all its children become the first.
  const std::size_t cells = number_at(at + 3);
  REQUIRE(cells > 0);
  const std::string first = bytes.substr(at + number_at(at + 12), 4);
  for (std::size_t cell = 1; cell < cells; ++cell) {
    bytes.replace(at + number_at(at + 12 + 2 * cell), 4, first);
  }
  bytes.replace(at + 8, 4, first);
  write_bytes(path, bytes);
  CHECK_THROWS_WITH(Store(path).list(), Catch::Contains("damaged"));
}

TEST_CASE("a store with any value of any kind in any column gives an error or data", "[store]") {
  const Sample sample;
  const std::array<const char*, 8> values = {
    "NULL", "-1", "1", "9223372036854775807", "1.5", "''", "zeroblob(100000)", "CAST(x'00ff80' AS TEXT)"};
  std::vector<std::pair<std::string, std::string>> columns;
  {
    SQLite::Database database(sample.path());
    SQLite::Statement select(database, "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE "
                                       "s.type = 'table' AND s.name NOT LIKE 'sqlite%'");
    while (select.executeStep()) {
      columns.emplace_back(select.getColumn(0).getString(), select.getColumn(1).getString());
    }
  }
  REQUIRE(columns.size() > 40);
  std::size_t tried = 0;
  for (const auto& [table, column] : columns) {
    for (const char* value : values) {
      INFO(table << "." << column << " = " << value);
      sample.restore();
      // Tables as a stranger may declare them: no types, no NOT NULL, no keys.
      execute(sample.path(), "PRAGMA foreign_keys = OFF; CREATE TABLE other AS SELECT * FROM " + table + "; DROP TABLE "
                               + table + "; ALTER TABLE other RENAME TO " + table + "; UPDATE " + table + " SET "
                               + column + " = " + value + " WHERE rowid = (SELECT max(rowid) FROM " + table + ")");
      mend_checksums(sample.path());
      read_all(sample.path());
      ++tried;
    }
  }
  CHECK(tried == columns.size() * values.size());
}

TEST_CASE("a store is not made where everyone can replace it", "[store]") {
  const TemporaryDirectory directory;
  const std::string place = directory.file("place");
  fs::create_directory(place);
  const std::string path = place + "/x.db";
  REQUIRE(::chmod(place.c_str(), 0777) == 0);
  CHECK_THROWS_WITH(StoreWriter(path), path
                                         + ": not created, because everyone can write to its directory and replace "
                                           "it: take the right away (chmod o-w "
                                         + place + "/) or name another place");
  CHECK_FALSE(fs::exists(path));
  write_bytes(path, ""); // An interrupted creation is no better.
  CHECK_THROWS_WITH(StoreWriter(path), Catch::Contains("not created"));
  fs::remove(path);
  REQUIRE(::chmod(place.c_str(), 01777) == 0); // As /tmp.
  StoreWriter(path).append(made_history(1).front());
  REQUIRE(::chmod(place.c_str(), 0777) == 0);
  CHECK_NOTHROW(StoreWriter(path)); // It is there already.
  if (::geteuid() == 0) {
    REQUIRE(::chmod(place.c_str(), 01777) == 0);
    REQUIRE(::chown(path.c_str(), 65534, 65534) == 0);
    CHECK_THROWS_WITH(StoreWriter(path), path
                                           + ": belongs to user 65534, in a directory that everyone can write to; "
                                             "it is left alone");
    CHECK_NOTHROW(Store(path)); // To read it is safe.
  }
}
