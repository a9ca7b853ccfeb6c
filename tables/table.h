// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "tables/dictionary.h"
#include "tables/kinds.h"

namespace hindstat {

/// What one column is called, how it is stored and what it means.
struct ColumnSpec {
  std::string_view name;
  Kind kind = Kind::u64;
  Role role = Role::attribute;
  Unit unit = Unit::none;
  bool nullable = false;
  std::string_view doc;
  std::span<const ValueName> names; ///< Of enum values or flag bits; empty for other kinds.
};

/// A table's name and columns. A view: the catalog's specs live for ever, a stored layout owns what its spec shows.
struct TableSpec {
  std::string_view name;
  std::string_view doc;
  std::span<const ColumnSpec> columns;

  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view column) const;
};

/// The cells of one column, 1, 2, 4 or 8 bytes each, plus a null bitmap, plus the dictionary of interned kinds.
/// A null cell's raw value is 0.
class Column {
public:
  using Cells = std::variant<std::vector<std::uint8_t>, std::vector<std::uint16_t>, std::vector<std::uint32_t>,
                             std::vector<std::uint64_t>>;

  explicit Column(Kind kind);

  [[nodiscard]] Kind kind() const {
    return kind_;
  }
  [[nodiscard]] std::size_t size() const {
    return size_;
  }
  [[nodiscard]] bool is_null(std::size_t row) const {
    return null_count_ != 0 && ((nulls_[row / 64] >> (row % 64)) & 1U) != 0;
  }
  [[nodiscard]] std::size_t null_count() const {
    return null_count_;
  }
  /// The cell as stored: zero-extended integer, enum value, bits, or dictionary id.
  [[nodiscard]] std::uint64_t raw(std::size_t row) const;
  /// The cell as a signed number: sign-extended for Kind::i32 and i64.
  [[nodiscard]] std::int64_t signed_value(std::size_t row) const;
  /// Interned kinds only: the bytes; empty for null. The view lives until the column changes.
  [[nodiscard]] std::string_view bytes(std::size_t row) const;
  /// Kind::address only; 0.0.0.0 for null.
  [[nodiscard]] IpAddress address(std::size_t row) const;

  void append_raw(std::uint64_t value);
  void append_bytes(std::string_view bytes);
  void append_null();
  /// Appends the cell of another column of the same kind.
  void append_from(const Column& from, std::size_t row);
  /// The same for many cells; this one is empty.
  void assign_from(const Column& from, std::span<const std::uint32_t> rows);
  void set_raw(std::size_t row, std::uint64_t value);
  /// Makes cell `row` equal to cell `from_row` of another column of the same kind.
  void set_from(std::size_t row, const Column& from, std::size_t from_row);
  void reserve(std::size_t rows);
  void truncate(std::size_t rows);

  /// For code that walks whole columns (codec, hashing): `visit` gets the vector of cells.
  [[nodiscard]] const Cells& cells() const {
    return cells_;
  }
  [[nodiscard]] const Dictionary& dictionary() const {
    return dictionary_;
  }
  [[nodiscard]] Dictionary& dictionary() {
    return dictionary_;
  }
  /// One bit a row, least significant first, ceil(size / 64) words; all zero when null_count() is 0.
  [[nodiscard]] std::span<const std::uint64_t> null_words() const {
    return nulls_;
  }
  /// Replaces all cells; `nulls` holds the rows that are null, ascending. Ids must be below dictionary().size().
  void assign(std::vector<std::uint64_t> raw, std::span<const std::uint32_t> nulls);
  /// Replaces all cells by `rows` ones that are not null: `next` fills one std::span<std::uint64_t> after the other, in
  /// the order of rows. Less memory is touched than with assign().
  template <typename Next>
  void assign_in_parts(std::size_t rows, Next&& next) {
    uniform_ = false;
    size_ = rows;
    null_count_ = 0;
    nulls_.assign((rows + 63) / 64, 0);
    std::visit(
      [&]<typename Cell>(std::vector<Cell>& cells) {
        constexpr std::size_t most = 1024;
        std::array<std::uint64_t, most> wide{};
        std::array<Cell, most> narrow{};
        cells.clear();
        cells.reserve(rows);
        while (cells.size() < rows) {
          const auto part = std::span(wide).first(std::min(most, rows - cells.size()));
          next(part);
          std::ranges::transform(part, narrow.begin(), [](std::uint64_t raw) { return static_cast<Cell>(raw); });
          cells.insert(cells.end(), narrow.data(), narrow.data() + part.size());
        }
      },
      cells_);
  }
  /// Replaces all cells by `rows` equal ones; nullopt is null.
  void assign_same(std::size_t rows, std::optional<std::uint64_t> raw);
  void set_null(std::size_t row, bool null);
  /// Many cells at once: cell rows[i] becomes raw[i], or null where i is in `nulls` (ascending; raw[i] is then 0). Each
  /// row is named at most once. rows.size() <= raw.size(); what goes beyond is left.
  void set_cells(std::span<const std::uint32_t> rows, std::span<const std::uint64_t> raw,
                 std::span<const std::uint32_t> nulls);
  /// The same where all get one value; nullopt is null. Costs nothing while assign_same() and this have only ever given
  /// the column that value.
  void set_same(std::span<const std::uint32_t> rows, std::optional<std::uint64_t> raw);

private:
  void clear_nulls(std::span<const std::uint32_t> rows);

  Kind kind_;
  bool uniform_ = false; // Known: all cells are null, or none is and all hold the same.
  std::size_t size_ = 0;
  std::size_t null_count_ = 0;
  Cells cells_;
  std::vector<std::uint64_t> nulls_;
  Dictionary dictionary_;
};

/// Rows of one spec, stored by column. The order of rows is storage, not meaning: two tables are equal when they hold
/// the same multiset of rows. columns().size() == spec().columns.size(), and every column has size() cells.
class Table {
public:
  explicit Table(TableSpec spec);

  [[nodiscard]] const TableSpec& spec() const {
    return spec_;
  }
  [[nodiscard]] std::size_t size() const {
    return size_;
  }
  [[nodiscard]] bool empty() const {
    return size_ == 0;
  }
  [[nodiscard]] const Column& column(std::size_t index) const {
    return columns_[index];
  }
  [[nodiscard]] Column& column(std::size_t index) {
    return columns_[index];
  }
  [[nodiscard]] const Column* find_column(std::string_view name) const;

  void reserve(std::size_t rows);
  void truncate(std::size_t rows);
  /// To be called after one cell was appended to every column.
  void row_appended() {
    ++size_;
  }
  /// To be called after every column was given `rows` cells with Column::assign().
  void set_size(std::size_t rows) {
    size_ = rows;
  }
  void append_row(const Table& from, std::size_t row);
  /// Makes row `row` equal to `from_row` of a table of the same spec.
  void set_row(std::size_t row, const Table& from, std::size_t from_row);
  /// The rows named, in that order.
  [[nodiscard]] Table select(std::span<const std::uint32_t> rows) const;
  /// The same rows under another spec: columns are matched by name; those that are missing here become null, those
  /// that are missing there are dropped; integers may widen.
  [[nodiscard]] Table converted_to(const TableSpec& spec) const;

  /// A 64-bit hash of each row's values (of all columns; independent of row order and of dictionary ids).
  [[nodiscard]] std::vector<std::uint64_t> row_hashes() const;
  /// The same of these rows only, in their order.
  [[nodiscard]] std::vector<std::uint64_t> row_hashes(std::span<const std::uint32_t> rows) const;
  /// The same over the columns for which `use(spec)` is true.
  template <typename Predicate>
  [[nodiscard]] std::vector<std::uint64_t> row_hashes_if(Predicate&& use) const {
    std::vector<std::size_t> columns;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (use(spec_.columns[i])) {
        columns.push_back(i);
      }
    }
    return hash_rows(columns);
  }
  /// Sum of all row hashes: equal for equal tables whatever the order of rows.
  [[nodiscard]] std::uint64_t content_sum() const;

  /// Whether two cells (of tables with the same spec) hold the same value.
  [[nodiscard]] static bool cells_equal(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b);
  /// < 0, 0, > 0: order of two rows by their key columns, then by all others; null first.
  [[nodiscard]] static int compare_rows(const Table& a, std::size_t row_a, const Table& b, std::size_t row_b);

  /// The same multiset of rows (and specs with the same column names and kinds).
  friend bool operator==(const Table& a, const Table& b);

private:
  /// The hash of each row over the columns of these indexes.
  [[nodiscard]] std::vector<std::uint64_t> hash_rows(std::span<const std::size_t> columns) const;

  TableSpec spec_;
  std::size_t size_ = 0;
  std::vector<Column> columns_;
};

} // namespace hindstat
