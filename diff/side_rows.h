// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tables/table.h"

namespace hindstat {

/// The rows of one side that take part in a comparison: a table of the snapshot, or some of its rows. The snapshot
/// outlives it.
class SideRows {
public:
  explicit SideRows(const Table& whole) : whole_(&whole) {
  }
  /// No rows.
  explicit SideRows(const TableSpec& spec) : own_(Table(spec)) {
  }

  [[nodiscard]] const Table& table() const {
    return own_ ? *own_ : *whole_;
  }
  /// The row of the snapshot's table that row `row` of table() is.
  [[nodiscard]] std::int64_t origin(std::size_t row) const {
    return own_ ? std::int64_t{origin_[row]} : static_cast<std::int64_t>(row);
  }
  /// Leaves only the rows (of table()) named, in that order.
  void keep(std::span<const std::uint32_t> rows);

private:
  const Table* whole_ = nullptr;
  std::optional<Table> own_;
  std::vector<std::uint32_t> origin_; ///< origin_.size() == own_->size()
};

/// What of one table may be compared, and how far its rows can be trusted. Both tables have the same spec.
struct ComparedTable {
  SideRows before;
  SideRows after;
  bool sources_differ = false; ///< A null on one side is "that source does not say", not a value.
  bool before_partial = false; ///< Rows may be missing: being absent proves nothing.
  bool after_partial = false;
};

} // namespace hindstat
