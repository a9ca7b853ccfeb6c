// SPDX-License-Identifier: MIT
#include "tests/store/stranger.h"

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/error.h"
#include "store/block_codec.h"
#include "store/checksum.h"
#include "store/layout.h"

namespace hindstat {

namespace {

// Whatever the column holds, as the program would read it.
std::uint64_t number(const SQLite::Statement& row, int column) {
  return static_cast<std::uint64_t>(row.getColumn(column).getInt64());
}

std::string bytes(const SQLite::Statement& row, int column) {
  return row.getColumn(column).getString();
}

std::optional<std::int64_t> optional(const SQLite::Statement& row, int column) {
  return row.isColumnNull(column) ? std::nullopt : std::optional(row.getColumn(column).getInt64());
}

using Sums = std::vector<std::pair<std::int64_t, std::uint64_t>>; // By rowid.

template <typename SumOf>
void mend(SQLite::Database& database, const std::string& table, const std::string& select, SumOf&& sum_of) {
  try {
    Sums sums;
    SQLite::Statement rows(database, select);
    while (rows.executeStep()) {
      sums.emplace_back(rows.getColumn(0).getInt64(), sum_of(rows));
    }
    rows.reset();
    SQLite::Statement update(database, "UPDATE " + table + " SET checksum = ? WHERE rowid = ?");
    for (const auto& [id, sum] : sums) {
      update.bind(1, static_cast<std::int64_t>(sum));
      update.bind(2, id);
      update.exec();
      update.reset();
    }
  } catch (const SQLite::Exception&) {
    return;
  }
}

void mend_snapshots(SQLite::Database& database) {
  mend(database, "snapshot",
       "SELECT s.rowid, s.uid, s.previous, b.origin, s.sequence, h.name, h.machine_id, b.boot_uuid, b.kernel_release,"
       " s.realtime_ns, s.boottime_ns, s.took_ns, s.ntp_offset_us, s.ntp_maxerror_us, s.ntp_status, s.recorder, s.euid,"
       " s.capabilities, s.net_namespace, l.checksum, s.captures_rows, s.captures_base, s.captures FROM snapshot s"
       " LEFT JOIN boot b ON b.id = s.boot_id LEFT JOIN host h ON h.id = b.host_id LEFT JOIN layout l ON"
       " l.id = s.captures_layout",
       [](const SQLite::Statement& row) {
         Checksum sum;
         sum.add(bytes(row, 1)).add(bytes(row, 2)).add(bytes(row, 3)).add(number(row, 4));
         sum.add(bytes(row, 5)).add(bytes(row, 6)).add(bytes(row, 7)).add(bytes(row, 8));
         sum.add(number(row, 9)).add(number(row, 10)).add(number(row, 11));
         sum.add(optional(row, 12)).add(optional(row, 13)).add(optional(row, 14));
         sum.add(bytes(row, 15)).add(number(row, 16)).add(number(row, 17)).add(number(row, 18));
         sum.add(number(row, 19)).add(number(row, 20)).add(optional(row, 21));
         return sum.add(bytes(row, 22)).value();
       });
}

/// Blocks as they are decoded, each on its base.
class Blocks {
public:
  explicit Blocks(SQLite::Database& database) : database_(database) {
  }

  void mend() {
    SQLite::Statement rows(database_, "SELECT b.rowid, b.id, b.base_id, b.payload, b.row_count, l.table_name, l.columns"
                                      " FROM block b JOIN layout l ON l.id = b.layout_id ORDER BY b.rowid");
    Sums sums;
    while (rows.executeStep()) {
      if (const auto sum = decode(rows)) {
        sums.emplace_back(rows.getColumn(0).getInt64(), *sum);
      }
    }
    rows.reset();
    SQLite::Statement update(database_, "UPDATE block SET content_sum = ? WHERE rowid = ?");
    for (const auto& [id, sum] : sums) {
      update.bind(1, static_cast<std::int64_t>(sum));
      update.bind(2, id);
      update.exec();
      update.reset();
    }
  }

private:
  std::optional<std::uint64_t> decode(const SQLite::Statement& row) {
    try {
      const std::string name = bytes(row, 5);
      const std::string columns = bytes(row, 6);
      const Layout& layout =
        *layouts_.emplace_back(std::make_unique<Layout>(0, name, columns, layout_checksum(name, columns)));
      Table table(layout.spec());
      if (const auto base = optional(row, 2)) {
        table = tables_.at(*base);
      }
      constexpr std::uint64_t memory = 64'000'000;
      decoder_.apply(bytes(row, 3), number(row, 4), table, LoadBudget(memory));
      const std::uint64_t sum = table.content_sum();
      tables_.insert_or_assign(row.getColumn(1).getInt64(), std::move(table));
      return sum;
    } catch (const Error&) {
      return std::nullopt;
    } catch (const std::out_of_range&) {
      return std::nullopt; // Its base could not be decoded.
    }
  }

  SQLite::Database& database_;
  std::vector<std::unique_ptr<Layout>> layouts_;
  std::map<std::int64_t, Table> tables_;
  BlockDecoder decoder_;
};

} // namespace

void mend_checksums(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN");
  mend(database, "layout", "SELECT rowid, table_name, columns FROM layout",
       [](const SQLite::Statement& row) { return layout_checksum(bytes(row, 1), bytes(row, 2)); });
  mend(database, "block",
       "SELECT b.rowid, b.payload, b.row_count, b.content_sum, l.checksum FROM block b JOIN layout l ON"
       " l.id = b.layout_id",
       [](const SQLite::Statement& row) {
         return Checksum().add(bytes(row, 1)).add(number(row, 2)).add(number(row, 3)).add(number(row, 4)).value();
       });
  mend_snapshots(database);
  database.exec("COMMIT");
}

void mend_contents(const std::string& path) {
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; BEGIN");
    Blocks blocks(database);
    blocks.mend();
    database.exec("COMMIT");
  }
  mend_checksums(path);
}

void replace_block(const std::string& path, const std::string& table, const std::string& payload, std::uint64_t rows) {
  {
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    SQLite::Statement update(database,
                             "UPDATE block SET payload = ?, row_count = ? WHERE id = (SELECT b.id FROM block b"
                             " JOIN layout l ON l.id = b.layout_id WHERE l.table_name = ? AND b.base_id IS NULL"
                             " ORDER BY b.id LIMIT 1)");
    update.bind(1, payload.data(), static_cast<int>(payload.size()));
    update.bind(2, static_cast<std::int64_t>(rows));
    update.bind(3, table);
    update.exec();
  }
  mend_checksums(path);
}

} // namespace hindstat
