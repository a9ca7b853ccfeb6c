// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "tables/table_spec.h"

namespace hindstat {

/// The columns of a table as they were when it was recorded; owns what its spec shows. Stays where it is: specs and
/// tables refer to it.
class Layout {
public:
  /// A layout as stored. Throws Error when the checksum does not match or `columns_json` describes no columns.
  Layout(std::int64_t id, std::string table_name, std::string columns_json, std::uint64_t checksum);
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;

  [[nodiscard]] std::int64_t id() const {
    return id_;
  }
  [[nodiscard]] const std::string& table_name() const {
    return table_name_;
  }
  [[nodiscard]] const std::string& columns_json() const {
    return columns_json_;
  }
  [[nodiscard]] std::uint64_t checksum() const {
    return checksum_;
  }
  /// The spec to decode with: that of the catalog where the layout is still the same (it outlives the store), else
  /// what was recorded, without docs; then it lives as long as this object.
  [[nodiscard]] const TableSpec& spec() const {
    return spec_;
  }

private:
  void parse_columns();

  std::int64_t id_;
  std::string table_name_;
  std::string columns_json_;
  std::uint64_t checksum_;
  std::deque<std::string> texts_;
  std::deque<std::vector<ValueName>> names_;
  std::vector<ColumnSpec> columns_;
  TableSpec spec_;
};

/// layout.columns of a spec.
[[nodiscard]] std::string format_columns_json(const TableSpec& spec);
/// layout.checksum
[[nodiscard]] std::uint64_t layout_checksum(std::string_view table_name, std::string_view columns_json);

/// Throws Error naming table.column unless every column of `from` that `to` has too can be read as it: the same kind,
/// or an integer of the same sign that is not narrower.
void require_convertible(const TableSpec& from, const TableSpec& to);

/// The layouts of one store, read when they are first asked for.
class Layouts {
public:
  /// `database` must outlive this.
  explicit Layouts(SQLite::Database& database) : database_(&database) {
  }

  /// Throws Error when there is no such layout or it is damaged.
  const Layout& get(std::int64_t id);
  /// The layout of a spec, new in the store if it was not there: needs a write transaction.
  const Layout& find_or_insert(const TableSpec& spec);
  /// The same for a layout of another store, letter by letter.
  const Layout& find_or_insert(const std::string& table_name, const std::string& columns_json);
  /// Forgets all: after a rollback a new one may not be there. No table with a stored spec may be left.
  void clear() {
    by_id_.clear();
  }

private:
  const Layout& keep(std::unique_ptr<Layout> layout);

  SQLite::Database* database_;
  std::map<std::int64_t, std::unique_ptr<Layout>> by_id_;
};

} // namespace hindstat
