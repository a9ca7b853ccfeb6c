// SPDX-License-Identifier: MIT
#include "report/rows_json.h"

#include <algorithm>
#include <numeric>

#include "base/json_writer.h"
#include "tables/format.h"

namespace hindstat {

namespace {

constexpr std::string_view discriminator = "table";

std::string format_row(const Table& table, std::uint32_t row) {
  JsonWriter json;
  json.begin_object();
  json.key(discriminator).string(table.spec().name);
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    const ColumnSpec& column = table.spec().columns[i];
    json.key(column.name == discriminator ? std::string(table.spec().name) + "_table" : std::string(column.name));
    write_json_cell(json, column, table.column(i), row);
  }
  json.end_object();
  return json.take() + '\n';
}

} // namespace

void write_rows_json(const Table& table, std::span<const std::uint32_t> rows, const TextSink& sink) {
  for (const std::uint32_t row : rows) {
    sink(format_row(table, row));
  }
}

std::string format_capture_json(const Capture& capture) {
  Table table(captures.spec());
  captures.append(table, capture);
  return format_row(table, 0);
}

std::vector<std::uint32_t> rows_by_key(const Table& table) {
  std::vector<std::uint32_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::ranges::stable_sort(
    rows, [&](std::uint32_t a, std::uint32_t b) { return Table::compare_rows(table, a, table, b) < 0; });
  return rows;
}

} // namespace hindstat
