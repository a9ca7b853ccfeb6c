// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/bytes.h"
#include "tables/table.h"

namespace hindstat {

// The cells of one column.
//
//   cells(n)   := nulls(n) integers(n - nulls)              raw values of the cells that are not null, in order
//   nulls(0)   :=
//   nulls(n)   := 0 | 1 | 2 slots(n)                        none is null, all are, these are
//   slots(n)   := count:varint integers(count)              ascending numbers below n, each as the gap to the one
//                                                           before it minus 1, the first as itself
//   entries(text)    := count:varint integers(count) bytes  lengths, then the texts end to end
//   entries(address) := v4:varint integers(v4) v6:varint byte(16){v6}    IPv4 as numbers, IPv6 in network order
//
// Signed kinds are stored with their sign bit flipped, so that -1 and 1 are neighbours. The cells of interned kinds
// are ids; the entries of a block get the next free ids in the order in which they are listed, IPv4 first.

/// Cells in the order in which they are written; raw[i] is 0 where i is in `nulls` (ascending).
struct CellList {
  std::vector<std::uint64_t> raw;
  std::vector<std::uint32_t> nulls;
};

/// Longest text that a store keeps, in bytes: bounds what a reader has to believe.
inline constexpr std::size_t longest_text = 65'536;

/// All cells of a column.
[[nodiscard]] CellList cells_of(const Column& column);

/// Throws Error when `column` is of an interned kind and a cell that is not null is no id of its dictionary.
void require_ids(const Column& column, const CellList& cells);

void append_slots(std::string& out, std::span<const std::uint32_t> slots);
[[nodiscard]] std::vector<std::uint32_t> read_slots(ByteReader& in, std::size_t limit);

void append_cells(std::string& out, Kind kind, const CellList& cells);
/// Every value fits the width of `kind`.
[[nodiscard]] CellList read_cells(ByteReader& in, Kind kind, std::size_t count);

/// Cells that are all the same.
struct SameCells {
  std::optional<std::uint64_t> raw; ///< nullopt: null.
};
/// Reads cells(count), count > 0, of a column with this kind and dictionary if they are all the same and say so
/// shortly; else nullopt, and nothing is read.
[[nodiscard]] std::optional<SameCells> read_same(ByteReader& in, std::size_t count, const Column& column);

/// Reads cells(count) into `column` instead of its own: read_cells(), require_ids() and Column::assign() in one, and
/// much cheaper where all cells are the same.
void read_column(ByteReader& in, std::size_t count, Column& column);

/// `entries` in the order in which they get ids; for addresses IPv4 comes first. Throws Error for a text that is longer
/// than longest_text.
void append_entries(std::string& out, Kind kind, std::span<const std::string_view> entries);
/// Adds the entries to `dictionary`; each must be new to it. `limit` bounds their number.
void read_entries(ByteReader& in, Kind kind, std::size_t limit, Dictionary& dictionary);

/// The largest raw value of a kind.
[[nodiscard]] constexpr std::uint64_t largest_raw(Kind kind) {
  return ~std::uint64_t{0} >> (64 - 8 * width_of(kind));
}

/// True for the columns whose changed cells are written as the zigzag difference to the old value.
[[nodiscard]] constexpr bool changes_by_difference(const ColumnSpec& column) {
  return (column.role == Role::counter || column.role == Role::timer) && !is_interned(column.kind);
}

} // namespace hindstat
