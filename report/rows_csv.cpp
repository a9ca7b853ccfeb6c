// SPDX-License-Identifier: MIT
#include "report/rows_csv.h"

#include "base/csv_writer.h"
#include "base/escape.h"
#include "tables/format.h"

namespace hindstat {

void write_rows_csv(const Table& table, std::span<const std::uint32_t> rows, const TextSink& sink) {
  CsvWriter header;
  header.field("table");
  for (const ColumnSpec& column : table.spec().columns) {
    header.field(column.name == "table" ? std::string(table.spec().name) + "_table" : std::string(column.name));
  }
  sink(header.end_record().text());
  for (const std::uint32_t row : rows) {
    CsvWriter csv;
    csv.field(table.spec().name);
    for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
      if (table.column(i).is_null(row)) {
        csv.missing();
      } else {
        csv.field(escape_terminal(format_cell(table.spec().columns[i], table.column(i), row)));
      }
    }
    sink(csv.end_record().text());
  }
}

} // namespace hindstat
