// SPDX-License-Identifier: MIT
#include "report/table_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/escape.h"
#include "base/text_table.h"
#include "report/rows_json.h"
#include "report/statuses.h"
#include "tables/format.h"

namespace hindstat {

namespace {

bool is_empty(const ColumnSpec& spec, const Column& column) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!format_cell(spec, column, row).empty()) {
      return false;
    }
  }
  return true;
}

bool is_number(const ColumnSpec& spec) {
  return !is_interned(spec.kind) && !is_flags(spec.kind) && spec.kind != Kind::enumeration && spec.kind != Kind::boolean
         && spec.kind != Kind::mac;
}

std::string format_rows(const Table& table) {
  std::vector<std::size_t> columns;
  std::vector<TextTable::Align> aligns;
  std::vector<std::string> header;
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    const ColumnSpec& spec = table.spec().columns[i];
    if (!is_empty(spec, table.column(i))) {
      columns.push_back(i);
      aligns.push_back(is_number(spec) ? TextTable::Align::right : TextTable::Align::left);
      header.emplace_back(spec.name);
    }
  }
  TextTable text(aligns);
  text.add(header);
  for (const std::uint32_t row : rows_by_key(table)) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const std::size_t i : columns) {
      cells.push_back(escape_terminal(format_cell(table.spec().columns[i], table.column(i), row)));
    }
    text.add(std::move(cells));
  }
  return text.format();
}

} // namespace

std::string format_table(const Snapshot& snapshot, const std::string& name) {
  const std::vector<Capture> found = captures_of(snapshot, name);
  std::string out;
  bool any_collected = false;
  for (const Capture& capture : found) {
    any_collected = any_collected || was_collected(capture.status);
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
    }
  }
  if (found.empty()) {
    return fmt::format("{}: not collected: not in this snapshot\n", name);
  }
  const Table* table = snapshot.find_table(name);
  if (any_collected && (table == nullptr || table->empty())) {
    return out + fmt::format("{}: no rows\n", name);
  }
  if (table != nullptr) {
    out += fmt::format("{}: {} {}\n", name, table->size(), table->size() == 1 ? "row" : "rows") + format_rows(*table);
  }
  return out;
}

} // namespace hindstat
