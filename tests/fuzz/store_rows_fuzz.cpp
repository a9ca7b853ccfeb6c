// SPDX-License-Identifier: MIT
// Stores whose rows were changed by someone who then made every checksum right: the input is a list of such changes, so
// that the fuzzer gets behind the checksums; store_file flips bits of whole files.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/error.h"
#include "store/compression.h"
#include "store/store.h"
#include "tables/catalog.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/fuzz/targets.h"
#include "tests/store/stranger.h"
#include "tests/tables/random_table.h"

namespace hindstat::fuzz {

namespace {

constexpr int most_changes = 12;
constexpr std::size_t longest_value = 255;

struct Place {
  std::string table;
  std::string column;
};

std::string path() {
  static const std::string made =
    std::filesystem::temp_directory_path() / ("hindstat-fuzz-rows-" + std::to_string(::getpid()) + ".db");
  return made;
}

Snapshot snapshot_of(const std::vector<Table>& tables, int minute) {
  Snapshot snapshot;
  snapshot.info.host = "gw1";
  snapshot.info.boot_id = "boot";
  snapshot.info.clocks.realtime_ns = 60'000'000'000LL * minute;
  for (const Table& table : tables) {
    Capture capture;
    capture.table = table.spec().name;
    capture.source = "netlink";
    capture.rows = static_cast<std::uint32_t>(table.size());
    snapshot.captures.push_back(capture);
  }
  snapshot.tables = tables;
  return snapshot;
}

/// The bytes of a store of three snapshots with chains.
const std::string& base_store() {
  static const std::string bytes = [] {
    Rng rng(81);
    std::vector<Table> tables;
    for (const TableSpec& spec : catalog()) {
      if (spec.name == "socket" || spec.name == "process" || spec.name == "interface") {
        tables.push_back(random_table(spec, 12, rng));
      }
    }
    std::filesystem::remove(path());
    {
      StoreWriter writer(path());
      for (int minute = 0; minute < 3; ++minute) {
        writer.append(snapshot_of(tables, minute));
        for (Table& table : tables) {
          table = mutate(table, rng, 0.1);
        }
      }
    }
    std::ifstream in(path(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  return bytes;
}

const std::vector<Place>& places() {
  static const std::vector<Place> found = [] {
    std::vector<Place> all;
    SQLite::Database database(path());
    SQLite::Statement select(database, "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE"
                                       " s.type = 'table' AND s.name NOT LIKE 'sqlite%' AND c.name <> 'checksum'");
    while (select.executeStep()) {
      all.push_back({select.getColumn(0).getString(), select.getColumn(1).getString()});
    }
    return all;
  }();
  return found;
}

std::string take_bytes(Parameters& parameters) {
  std::string bytes(parameters.byte() % (longest_value + 1), '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(parameters.byte());
  }
  return bytes;
}

std::int64_t take_number(Parameters& parameters) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) {
    number = number << 8 | parameters.byte();
  }
  return static_cast<std::int64_t>(number);
}

/// A payload with some bytes of its body changed; as it was when it has none.
std::string with_changed_body(const std::string& payload, Parameters& parameters) {
  constexpr std::uint64_t longest_body = 65'536;
  std::string body;
  try {
    Decompressor decompressor;
    body = decompressor.decompress(payload, longest_body);
  } catch (const Error&) {
    return payload;
  }
  for (int changes = 1 + parameters.byte() % 4; changes > 0 && !body.empty(); --changes) {
    const std::size_t at = (std::size_t{parameters.byte()} << 8 | parameters.byte()) % body.size();
    switch (parameters.byte() % 3) {
      case 0:
        body[at] = static_cast<char>(parameters.byte());
        break;
      case 1:
        body.insert(at, take_bytes(parameters));
        break;
      default:
        body.erase(at, 1 + parameters.byte() % 8);
        break;
    }
  }
  return compress(body);
}

void change(SQLite::Database& database, Parameters& parameters) {
  const Place& place = places()[parameters.byte() % places().size()];
  const std::string where = " WHERE rowid = (SELECT rowid FROM " + place.table + " LIMIT 1 OFFSET "
                            + std::to_string(parameters.byte() % 16) + ")";
  SQLite::Statement update(database, "UPDATE OR REPLACE " + place.table + " SET " + place.column + " = ?" + where);
  switch (parameters.byte() % 8) {
    case 0:
      update.bind(1);
      break;
    case 1:
      update.bind(1, static_cast<std::int64_t>(static_cast<std::int8_t>(parameters.byte())));
      break;
    case 2:
      update.bind(1, take_number(parameters));
      break;
    case 3:
      update.bind(1, take_bytes(parameters));
      break;
    case 4: {
      const std::string bytes = take_bytes(parameters);
      update.bind(1, bytes.data(), static_cast<int>(bytes.size()));
      break;
    }
    case 5:
      database.exec("DELETE FROM " + place.table + where);
      return;
    default: {
      // What counts most: a block's rows, or the captures.
      const bool of_block = parameters.byte() % 4 != 0;
      const std::string table = of_block ? "block" : "snapshot";
      const std::string column = of_block ? "payload" : "captures";
      SQLite::Statement select(database, "SELECT rowid, " + column + " FROM " + table + " LIMIT 1 OFFSET ?");
      select.bind(1, parameters.byte() % 9);
      if (select.executeStep()) {
        const std::string payload = with_changed_body(select.getColumn(1).getString(), parameters);
        SQLite::Statement set(database, "UPDATE " + table + " SET " + column + " = ? WHERE rowid = ?");
        set.bind(1, payload.data(), static_cast<int>(payload.size()));
        set.bind(2, select.getColumn(0).getInt64());
        set.exec();
      }
      return;
    }
  }
  update.exec();
}

void read_whole() {
  const Store store(path());
  for (const SnapshotEntry& entry : store.list()) {
    try {
      static_cast<void>(store.size_of(entry.id));
      for (const Table& table : store.load(entry.id).tables) {
        require(find_table_spec(table.spec().name) != nullptr, "tables that are loaded are in the catalog");
        constexpr std::size_t most_rows = 5000;
        if (table.size() < most_rows) {
          require_storable(table, Table(table.spec()));
        }
      }
    } catch (const Error&) {
      continue;
    }
  }
}

} // namespace

void store_rows(Input input) {
  const std::string& base = base_store();
  std::ofstream(path(), std::ios::binary | std::ios::trunc)
    .write(base.data(), static_cast<std::streamsize>(base.size()));
  static_cast<void>(places());
  Parameters parameters(input);
  {
    SQLite::Database database(path(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN");
    for (int changes = 0; changes < most_changes && !parameters.rest().empty(); ++changes) {
      try {
        change(database, parameters);
      } catch (const SQLite::Exception&) {
        continue; // STRICT and NOT NULL refuse some.
      }
    }
    database.exec("COMMIT");
  }
  mend_contents(path());
  try {
    read_whole();
    // A recorder goes on behind whatever is there, or says why not.
    Rng rng(82);
    StoreWriter(path()).append(snapshot_of({random_table(catalog().front(), 5, rng)}, 9));
  } catch (const Error&) {}
  std::filesystem::remove(path());
}

} // namespace hindstat::fuzz
