// SPDX-License-Identifier: MIT
#include "store/layout.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/escape.h"
#include "base/json_writer.h"
#include "store/checksum.h"
#include "tables/capture.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

constexpr std::size_t most_columns = 1024;
constexpr std::size_t longest_json = 1'048'576;

// The spec of a table that this program knows under the same columns.
std::optional<TableSpec> find_same_spec(std::string_view table_name, std::string_view columns_json) {
  if (table_name == captures.name() && format_columns_json(captures.spec()) == columns_json) {
    return captures.spec();
  }
  const TableSpec* known = find_table_spec(table_name);
  if (known != nullptr && format_columns_json(*known) == columns_json) {
    return *known;
  }
  return std::nullopt;
}

bool may_widen(Kind from, Kind to) {
  const auto is_plain = [](Kind kind) {
    return kind == Kind::u8 || kind == Kind::u16 || kind == Kind::u32 || kind == Kind::u64 || is_signed(kind);
  };
  const bool same_family =
    (is_plain(from) && is_plain(to) && is_signed(from) == is_signed(to)) || (is_flags(from) && is_flags(to));
  return from == to || (same_family && width_of(from) <= width_of(to));
}

} // namespace

Layout::Layout(std::int64_t id, std::string table_name, std::string columns_json, std::uint64_t checksum)
  : id_(id), table_name_(std::move(table_name)), columns_json_(std::move(columns_json)), checksum_(checksum) {
  if (layout_checksum(table_name_, columns_json_) != checksum_) {
    throw Error(fmt::format("layout {} is damaged (its checksum does not match)", id_));
  }
  if (const auto known = find_same_spec(table_name_, columns_json_)) {
    spec_ = *known;
    return;
  }
  parse_columns();
  spec_ = TableSpec{table_name_, {}, columns_};
}

void Layout::parse_columns() {
  const auto fail = [this](std::string_view why) {
    throw Error(fmt::format("layout {} of table {}: {}", id_, escape_terminal(table_name_), why));
  };
  if (columns_json_.size() > longest_json) {
    fail("it is too long");
  }
  try {
    const auto json = nlohmann::json::parse(columns_json_);
    if (!json.is_array() || json.size() > most_columns) {
      fail("it is no list of columns");
    }
    for (const auto& entry : json) {
      ColumnSpec column;
      column.name = texts_.emplace_back(entry.at("name").get<std::string>());
      const auto kind = find_kind(entry.at("kind").get<std::string>());
      const auto role = find_role(entry.at("role").get<std::string>());
      const auto unit = find_unit(entry.at("unit").get<std::string>());
      if (!kind || !role || !unit) {
        fail(fmt::format("column {} has a kind, role or unit that this program does not know",
                         escape_terminal(column.name)));
      }
      column.kind = *kind;
      column.role = *role;
      column.unit = *unit;
      column.nullable = entry.at("nullable").get<bool>();
      auto& names = names_.emplace_back();
      for (const auto& pair : entry.at("names")) {
        names.push_back({pair.at(0).get<std::uint32_t>(), texts_.emplace_back(pair.at(1).get<std::string>())});
      }
      column.names = names;
      if (std::ranges::find(columns_, column.name, &ColumnSpec::name) != columns_.end()) {
        fail("a column is there twice");
      }
      columns_.push_back(column);
    }
  } catch (const nlohmann::json::exception& e) {
    fail(escape_terminal(e.what()));
  }
}

std::string format_columns_json(const TableSpec& spec) {
  JsonWriter json;
  json.begin_array();
  for (const ColumnSpec& column : spec.columns) {
    json.begin_object();
    json.key("name").string(column.name);
    json.key("kind").string(name_of(column.kind));
    json.key("role").string(name_of(column.role));
    json.key("unit").string(name_of(column.unit));
    json.key("nullable").boolean(column.nullable);
    json.key("names").begin_array();
    for (const ValueName& name : column.names) {
      json.begin_array().number(std::uint64_t{name.value}).string(name.name).end_array();
    }
    json.end_array().end_object();
  }
  json.end_array();
  return json.take();
}

std::uint64_t layout_checksum(std::string_view table_name, std::string_view columns_json) {
  return Checksum().add(table_name).add(columns_json).value();
}

void require_convertible(const TableSpec& from, const TableSpec& to) {
  for (const ColumnSpec& column : to.columns) {
    const auto index = from.find_column(column.name);
    if (index && !may_widen(from.columns[*index].kind, column.kind)) {
      throw Error(fmt::format("{}.{} was recorded as {}, which this program cannot read as {}", to.name, column.name,
                              name_of(from.columns[*index].kind), name_of(column.kind)));
    }
  }
}

const Layout& Layouts::get(std::int64_t id) {
  if (const auto it = by_id_.find(id); it != by_id_.end()) {
    return *it->second;
  }
  SQLite::Statement select(*database_, "SELECT table_name, columns, checksum FROM layout WHERE id = ?");
  select.bind(1, id);
  if (!select.executeStep()) {
    throw Error(fmt::format("layout {} is missing", id));
  }
  return keep(std::make_unique<Layout>(id, select.getColumn(0).getString(), select.getColumn(1).getString(),
                                       static_cast<std::uint64_t>(select.getColumn(2).getInt64())));
}

const Layout& Layouts::find_or_insert(const TableSpec& spec) {
  return find_or_insert(std::string(spec.name), format_columns_json(spec));
}

const Layout& Layouts::find_or_insert(const std::string& name, const std::string& columns) {
  for (const auto& [id, layout] : by_id_) {
    if (layout->table_name() == name && layout->columns_json() == columns) {
      return *layout;
    }
  }
  SQLite::Statement select(*database_, "SELECT id FROM layout WHERE table_name = ? AND columns = ?");
  select.bind(1, name);
  select.bind(2, columns);
  if (select.executeStep()) {
    return get(select.getColumn(0).getInt64());
  }
  SQLite::Statement insert(*database_, "INSERT INTO layout (table_name, columns, checksum) VALUES (?, ?, ?)");
  insert.bind(1, name);
  insert.bind(2, columns);
  insert.bind(3, static_cast<std::int64_t>(layout_checksum(name, columns)));
  insert.exec();
  return get(database_->getLastInsertRowid());
}

const Layout& Layouts::keep(std::unique_ptr<Layout> layout) {
  return *by_id_.insert_or_assign(layout->id(), std::move(layout)).first->second;
}

} // namespace hindstat
