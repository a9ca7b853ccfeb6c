// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "tables/table.h"

namespace hindstat {

/// Which pass paired two rows, weakest evidence last.
enum class PairedBy : std::uint8_t {
  equal,       ///< Equal in every column but timers.
  incarnation, ///< Equal keys, and the first incarnation column known on both sides is equal.
  key,         ///< Equal keys, one row on each side left: the same name, perhaps another object.
};

/// The rows of two tables of the same spec, matched. A row is in at most one pair.
struct Pairing {
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  std::vector<std::uint32_t> after_of;  ///< Size of `before`: the row of `after` it is paired with, or none.
  std::vector<std::uint32_t> before_of; ///< Size of `after`: the inverse.
  std::vector<PairedBy> by;             ///< Size of `before`: meaningful where after_of is not none.
};

/// Pairs rows within equal keys in three passes: equal, then same incarnation, then key alone where one row is left on
/// each side. Symmetric in its arguments and, up to rows that are equal, independent of the order of rows.
[[nodiscard]] Pairing pair_rows(const Table& before, const Table& after);

/// The new values of one column of the rows that stay.
struct CellChanges {
  std::size_t column = 0;           ///< Index into the spec.
  std::vector<std::uint32_t> slots; ///< Rows of the table before, ascending.
  Column values;                    ///< values.size() == slots.size()
};

/// The exact difference of two tables of one spec. Applying it to the table before: each added row refills a removed
/// slot in ascending order; surplus added rows are appended; surplus holes are filled from the tail, the last row
/// going to the lowest hole.
struct ChangeSet {
  std::size_t rows_before = 0;
  std::vector<std::uint32_t> removed; ///< Slots of the table before, ascending.
  Table added;                        ///< In key order (Table::compare_rows).
  std::vector<CellChanges> changed;   ///< By column, ascending; no entry without slots.

  [[nodiscard]] bool empty() const {
    return removed.empty() && added.empty() && changed.empty();
  }
};

/// `before` and `after` have the same spec. Empty if and only if the tables are equal.
[[nodiscard]] ChangeSet compare(const Table& before, const Table& after);
[[nodiscard]] ChangeSet compare(const Table& before, const Table& after, const Pairing& pairing);

/// The table after; `before` is left alone. Throws Error when the change set does not fit the table.
[[nodiscard]] Table apply(const ChangeSet& changes, const Table& before);
/// The same in place, in time proportional to the changes.
void apply_in_place(const ChangeSet& changes, Table& table);

/// A timer is an absolute moment computed from a countdown, so that it jitters. Where a row of `after` is paired with
/// a row of `before` whose timer differs by at most `tolerance_ms`, it takes the value before; all else stays.
/// Returns the pairing, which is as good for compare() afterwards as a new one.
Pairing settle_timers(const Table& before, Table& after, std::uint64_t tolerance_ms = 1000);

} // namespace hindstat
