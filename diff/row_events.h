// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/event.h"
#include "diff/side_rows.h"

namespace hindstat {

/// One thing in both tables.
struct RowPair {
  std::uint32_t before = 0;
  std::uint32_t after = 0;
};

/// What became of the rows of two tables; rows that are equal in all but timers are in none of the lists.
struct RowMatch {
  std::vector<RowPair> changed;
  std::vector<RowPair> replaced; ///< One key, but incarnations known on both sides differ; within one boot only.
  std::vector<std::uint32_t> removed;
  std::vector<std::uint32_t> added;
};
[[nodiscard]] RowMatch match_rows(const ComparedTable& table, bool same_boot);

/// Makes events of rows: table, namespace, key, rows of origin and changed columns are those of the rows.
class RowEvents {
public:
  /// The table outlives it.
  explicit RowEvents(const ComparedTable& table)
    : sides_(table), before_(table.before.table()), after_(table.after.table()), columns_(before_.spec().columns) {
  }

  /// With each known state and attribute as a change to, or from, nothing.
  [[nodiscard]] Event added(std::string_view name, std::uint32_t row) const;
  [[nodiscard]] Event removed(std::string_view name, std::uint32_t row) const;
  /// Without changes: add_change() adds them.
  [[nodiscard]] Event changed(std::string_view name, RowPair rows) const;

  /// Whether a cell differs as far as both sides say: a null of another source is no value.
  [[nodiscard]] bool differs(std::size_t column, RowPair rows) const;
  /// Adds the column to the event's changes where it differs; returns whether it does.
  bool add_change(Event& event, std::size_t column, RowPair rows) const;

private:
  [[nodiscard]] Event make(std::string_view name, const Table& table, std::uint32_t row) const;
  void add_values(Event& event, const Table& table, std::uint32_t row) const;
  [[nodiscard]] std::optional<std::string> cell(const Table& table, std::size_t column, std::uint32_t row) const;
  [[nodiscard]] std::string format_key(const Table& table, std::uint32_t row) const;

  const ComparedTable& sides_;
  const Table& before_;
  const Table& after_;
  std::span<const ColumnSpec> columns_;
};

/// Whether a level moved by more than noise: by more than 8 and by more than half of what it was. A null is no level.
[[nodiscard]] bool gauge_moved(const Column& before, std::size_t row_before, const Column& after,
                               std::size_t row_after);

} // namespace hindstat
