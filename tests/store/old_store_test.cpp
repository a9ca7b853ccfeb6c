// SPDX-License-Identifier: MIT
// samples/store-format-1.db: what was recorded once is read by every later version. The file is opened as a reader
// does, so it never changes.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "store/store.h"
#include "tables/format.h"
#include "tests/golden.h"

using namespace hindstat;

namespace {

/// A row as "column=value ..." with what is not null: a column that a later version adds is null here, and changes
/// nothing.
std::string format_row(const Table& table, std::size_t row) {
  std::string line;
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    const ColumnSpec& column = table.spec().columns[i];
    if (!table.column(i).is_null(row)) {
      line += fmt::format(" {}={}", column.name, format_cell(column, table.column(i), row));
    }
  }
  return line + "\n";
}

std::string format_store(const Store& store) {
  std::string text;
  for (const SnapshotEntry& entry : store.list()) {
    const SnapshotInfo& info = entry.info;
    text += fmt::format("snapshot {} {} {} {} {} {}\n", entry.uid, info.host, info.boot_id, info.kernel_release,
                        info.clocks.realtime_ns, info.clocks.boottime_ns);
    for (const Table& table : store.load(entry.id).tables) {
      // Of the many counters some will do.
      constexpr std::size_t most_rows = 60;
      std::vector<std::string> lines;
      for (std::size_t row = 0; row < table.size(); ++row) {
        lines.push_back(format_row(table, row));
      }
      std::ranges::sort(lines);
      text += fmt::format("  table {}: {} rows\n", table.spec().name, lines.size());
      for (std::size_t i = 0; i < std::min(lines.size(), most_rows); ++i) {
        text += "   " + lines[i];
      }
    }
  }
  return text;
}

} // namespace

TEST_CASE("the store of format 1 is read as it was recorded", "[store][golden]") {
  const Store store(std::string(HINDSTAT_SOURCE_DIR) + "/samples/store-format-1.db");
  CHECK(store.list().size() == 3);
  check_golden("tests/golden/samples/store-format-1.txt", format_store(store));
}
