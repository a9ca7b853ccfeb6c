// SPDX-License-Identifier: MIT
#include "tables/table.h"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace hindstat {

namespace {

Column::Cells cells_for(Kind kind) {
  switch (width_of(kind)) {
    case 1:
      return std::vector<std::uint8_t>();
    case 2:
      return std::vector<std::uint16_t>();
    case 4:
      return std::vector<std::uint32_t>();
    default:
      return std::vector<std::uint64_t>();
  }
}

template <typename Cells>
using CellType = typename std::decay_t<Cells>::value_type;

} // namespace

std::optional<std::size_t> TableSpec::find_column(std::string_view column) const {
  const auto it = std::ranges::find(columns, column, &ColumnSpec::name);
  return it == columns.end() ? std::nullopt : std::optional(static_cast<std::size_t>(it - columns.begin()));
}

Column::Column(Kind kind) : kind_(kind), cells_(cells_for(kind)) {
}

std::uint64_t Column::raw(std::size_t row) const {
  return std::visit([row](const auto& cells) -> std::uint64_t { return cells[row]; }, cells_);
}

std::int64_t Column::signed_value(std::size_t row) const {
  const std::uint64_t value = raw(row);
  return kind_ == Kind::i32 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                            : static_cast<std::int64_t>(value);
}

std::string_view Column::bytes(std::size_t row) const {
  assert(is_interned(kind_));
  return is_null(row) ? std::string_view() : dictionary_.at(static_cast<std::uint32_t>(raw(row)));
}

IpAddress Column::address(std::size_t row) const {
  return IpAddress::from_bytes(bytes(row)).value_or(IpAddress());
}

void Column::append_raw(std::uint64_t value) {
  uniform_ = false;
  std::visit([value](auto& cells) { cells.push_back(static_cast<CellType<decltype(cells)>>(value)); }, cells_);
  if (++size_ > nulls_.size() * 64) {
    nulls_.push_back(0);
  }
}

void Column::append_bytes(std::string_view bytes) {
  assert(is_interned(kind_));
  // Neighbouring rows often hold the same text or address: one comparison saves the hash.
  if (size_ > 0 && !is_null(size_ - 1)) {
    const std::uint64_t last = raw(size_ - 1);
    if (dictionary_.at(static_cast<std::uint32_t>(last)) == bytes) {
      append_raw(last);
      return;
    }
  }
  append_raw(dictionary_.intern(bytes));
}

void Column::append_null() {
  append_raw(0);
  set_null(size_ - 1, true);
}

void Column::append_from(const Column& from, std::size_t row) {
  if (from.is_null(row)) {
    append_null();
  } else if (is_interned(kind_)) {
    append_bytes(from.bytes(row));
  } else {
    append_raw(from.raw(row));
  }
}

void Column::set_raw(std::size_t row, std::uint64_t value) {
  uniform_ = false;
  std::visit([row, value](auto& cells) { cells[row] = static_cast<CellType<decltype(cells)>>(value); }, cells_);
}

void Column::set_null(std::size_t row, bool null) {
  if (is_null(row) == null) {
    return;
  }
  uniform_ = false;
  const std::uint64_t bit = 1ULL << (row % 64);
  if (null) {
    nulls_[row / 64] |= bit;
    ++null_count_;
    set_raw(row, 0);
  } else {
    nulls_[row / 64] &= ~bit;
    --null_count_;
  }
}

void Column::set_from(std::size_t row, const Column& from, std::size_t from_row) {
  if (from.is_null(from_row)) {
    set_null(row, true);
    return;
  }
  set_null(row, false);
  set_raw(row, is_interned(kind_) ? dictionary_.intern(from.bytes(from_row)) : from.raw(from_row));
}

void Column::assign_from(const Column& from, std::span<const std::uint32_t> rows) {
  assert(size_ == 0 && kind_ == from.kind_);
  uniform_ = false;
  std::visit(
    [&]<typename Cells>(const Cells& source) {
      Cells& cells = std::get<Cells>(cells_);
      cells.reserve(rows.size());
      for (const std::uint32_t row : rows) {
        cells.push_back(source[row]);
      }
      if (is_interned(kind_)) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const bool null = from.is_null(rows[i]);
          const auto id = static_cast<std::uint32_t>(cells[i]);
          cells[i] = static_cast<typename Cells::value_type>(null ? 0 : dictionary_.intern_from(from.dictionary_, id));
        }
      }
    },
    from.cells_);
  size_ = rows.size();
  nulls_.assign((size_ + 63) / 64, 0);
  for (std::size_t i = 0; from.null_count_ != 0 && i < rows.size(); ++i) {
    if (from.is_null(rows[i])) {
      nulls_[i / 64] |= std::uint64_t{1} << (i % 64);
      ++null_count_;
    }
  }
}

void Column::reserve(std::size_t rows) {
  std::visit([rows](auto& cells) { cells.reserve(rows); }, cells_);
  nulls_.reserve((rows + 63) / 64);
}

void Column::truncate(std::size_t rows) {
  assert(rows <= size_);
  while (null_count_ > 0 && size_ > rows) {
    set_null(--size_, false);
  }
  size_ = rows;
  std::visit([rows](auto& cells) { cells.resize(rows); }, cells_);
  nulls_.resize((rows + 63) / 64);
}

void Column::assign(std::vector<std::uint64_t> raw, std::span<const std::uint32_t> nulls) {
  uniform_ = false;
  size_ = raw.size();
  nulls_.assign((size_ + 63) / 64, 0);
  null_count_ = nulls.size();
  for (const std::uint32_t row : nulls) {
    nulls_[row / 64] |= 1ULL << (row % 64);
    raw[row] = 0;
  }
  std::visit(
    [&raw](auto& cells) {
      cells.resize(raw.size());
      std::ranges::transform(raw, cells.begin(),
                             [](std::uint64_t v) { return static_cast<CellType<decltype(cells)>>(v); });
    },
    cells_);
}

void Column::assign_same(std::size_t rows, std::optional<std::uint64_t> raw) {
  uniform_ = true;
  size_ = rows;
  null_count_ = raw ? 0 : rows;
  std::visit([&](auto& cells) { cells.assign(rows, static_cast<CellType<decltype(cells)>>(raw.value_or(0))); }, cells_);
  nulls_.assign((rows + 63) / 64, raw ? 0 : ~std::uint64_t{0});
  if (!raw && rows % 64 != 0) {
    nulls_.back() >>= 64 - rows % 64;
  }
}

void Column::set_cells(std::span<const std::uint32_t> rows, std::span<const std::uint64_t> raw,
                       std::span<const std::uint32_t> nulls) {
  if (nulls.size() == raw.size() && null_count_ == size_) {
    return; // All are null already, as in columns that this kind of row never has.
  }
  uniform_ = false;
  std::visit(
    [rows, raw](auto& cells) {
      auto* const out = cells.data();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        out[rows[i]] = static_cast<CellType<decltype(cells)>>(raw[i]);
      }
    },
    cells_);
  clear_nulls(rows);
  for (const std::uint32_t i : nulls) {
    if (i < rows.size()) {
      nulls_[rows[i] / 64] |= 1ULL << (rows[i] % 64);
      ++null_count_;
    }
  }
}

void Column::set_same(std::span<const std::uint32_t> rows, std::optional<std::uint64_t> raw) {
  if (size_ > 0 && (uniform_ || null_count_ == size_)
      && (raw ? null_count_ == 0 && Column::raw(0) == *raw : null_count_ == size_)) {
    return;
  }
  uniform_ = false;
  std::visit(
    [rows, value = raw.value_or(0)](auto& cells) {
      auto* const out = cells.data();
      for (const std::uint32_t row : rows) {
        out[row] = static_cast<CellType<decltype(cells)>>(value);
      }
    },
    cells_);
  clear_nulls(rows);
  if (!raw) {
    for (const std::uint32_t row : rows) {
      nulls_[row / 64] |= 1ULL << (row % 64);
    }
    null_count_ += rows.size();
  }
}

void Column::clear_nulls(std::span<const std::uint32_t> rows) {
  if (null_count_ == 0) {
    return;
  }
  for (const std::uint32_t row : rows) {
    std::uint64_t& word = nulls_[row / 64];
    null_count_ -= (word >> (row % 64)) & 1U;
    word &= ~(1ULL << (row % 64));
  }
}

Table::Table(TableSpec spec) : spec_(spec) {
  columns_.reserve(spec_.columns.size());
  for (const ColumnSpec& column : spec_.columns) {
    columns_.emplace_back(column.kind);
  }
}

const Column* Table::find_column(std::string_view name) const {
  const auto index = spec_.find_column(name);
  return index ? &columns_[*index] : nullptr;
}

void Table::reserve(std::size_t rows) {
  for (Column& column : columns_) {
    column.reserve(rows);
  }
}

void Table::truncate(std::size_t rows) {
  for (Column& column : columns_) {
    column.truncate(rows);
  }
  size_ = rows;
}

void Table::append_row(const Table& from, std::size_t row) {
  assert(columns_.size() == from.columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].append_from(from.columns_[i], row);
  }
  ++size_;
}

void Table::set_row(std::size_t row, const Table& from, std::size_t from_row) {
  assert(columns_.size() == from.columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].set_from(row, from.columns_[i], from_row);
  }
}

Table Table::select(std::span<const std::uint32_t> rows) const {
  Table result(spec_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    result.columns_[i].assign_from(columns_[i], rows);
  }
  result.size_ = rows.size();
  return result;
}

Table Table::converted_to(const TableSpec& spec) const {
  Table result(spec);
  result.reserve(size_);
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    const Column* from = find_column(spec.columns[i].name);
    Column& to = result.columns_[i];
    for (std::size_t row = 0; row < size_; ++row) {
      if (from == nullptr || from->is_null(row)) {
        to.append_null();
      } else if (is_interned(to.kind())) {
        to.append_bytes(from->bytes(row));
      } else {
        to.append_raw(is_signed(from->kind()) ? static_cast<std::uint64_t>(from->signed_value(row)) : from->raw(row));
      }
    }
  }
  result.size_ = size_;
  return result;
}

bool Table::cells_equal(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) {
  const bool null = a.is_null(row_a);
  if (null || b.is_null(row_b)) {
    return null == b.is_null(row_b);
  }
  return is_interned(a.kind()) ? a.bytes(row_a) == b.bytes(row_b) : a.raw(row_a) == b.raw(row_b);
}

namespace {

int compare_cells(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) {
  const auto sign = [](auto x, auto y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (a.is_null(row_a) || b.is_null(row_b)) {
    return sign(!a.is_null(row_a), !b.is_null(row_b));
  }
  if (a.kind() == Kind::address) {
    // IPv4 before IPv6, as IpAddress orders them; then bytes in network order are numeric order.
    const std::string_view x = a.bytes(row_a);
    const std::string_view y = b.bytes(row_b);
    return x.size() != y.size() ? sign(x.size(), y.size()) : sign(x, y);
  }
  if (is_interned(a.kind())) {
    return sign(a.bytes(row_a), b.bytes(row_b));
  }
  return is_signed(a.kind()) ? sign(a.signed_value(row_a), b.signed_value(row_b)) : sign(a.raw(row_a), b.raw(row_b));
}

bool same_columns(const TableSpec& a, const TableSpec& b) {
  return std::ranges::equal(a.columns, b.columns, [](const ColumnSpec& x, const ColumnSpec& y) {
    return x.name == y.name && x.kind == y.kind;
  });
}

} // namespace

int Table::compare_rows(const Table& a, std::size_t row_a, const Table& b, std::size_t row_b) {
  for (const bool keys : {true, false}) {
    for (std::size_t i = 0; i < a.columns_.size(); ++i) {
      if ((a.spec_.columns[i].role == Role::key) == keys) {
        if (const int order = compare_cells(a.columns_[i], row_a, b.columns_[i], row_b); order != 0) {
          return order;
        }
      }
    }
  }
  return 0;
}

bool operator==(const Table& a, const Table& b) {
  if (a.size_ != b.size_ || !same_columns(a.spec_, b.spec_)) {
    return false;
  }
  const auto in_order = [](const Table& table) {
    std::vector<std::uint32_t> rows(table.size_);
    std::iota(rows.begin(), rows.end(), 0U);
    std::ranges::sort(rows, [&](auto x, auto y) { return Table::compare_rows(table, x, table, y) < 0; });
    return rows;
  };
  if (a.content_sum() != b.content_sum()) {
    return false;
  }
  const auto rows_a = in_order(a);
  const auto rows_b = in_order(b);
  for (std::size_t i = 0; i < rows_a.size(); ++i) {
    if (Table::compare_rows(a, rows_a[i], b, rows_b[i]) != 0) {
      return false;
    }
  }
  return true;
}

} // namespace hindstat
