// SPDX-License-Identifier: MIT
//
// Hashes of rows. They are the largest part of what recording a large table costs outside the kernel, so they are
// summed by blocks of rows, whose sums stay in the nearest cache while one column after the other is added, and a
// column that holds one value throughout costs a comparison instead of a multiplication a cell.
#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "tables/table.h"

namespace hindstat {

namespace {

constexpr std::size_t block_rows = 512; // A multiple of 64: blocks begin at whole words of the null bitmap.

// splitmix64's finaliser: every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBULL;
  x ^= x >> 31;
  return x;
}

constexpr std::uint64_t null_hash = 0x6E756C6C6E756C6CULL;

// The salt of a column: its position, so that equal values in two columns do not cancel out.
constexpr std::uint64_t salt_of(std::size_t column) {
  return mix(0x9E3779B97F4A7C15ULL * (column + 1));
}

/// What the cells of one column add to the hashes of their rows.
class ColumnHashes {
public:
  ColumnHashes(const Column& column, std::size_t index) : column_(&column), salt_(salt_of(index)) {
  }

  /// The one summand of all rows where every cell holds the same; there must be rows.
  [[nodiscard]] std::optional<std::uint64_t> find_uniform() const {
    if (column_->null_count() != 0) {
      return column_->null_count() == column_->size() ? std::optional(mix(null_hash ^ salt_)) : std::nullopt;
    }
    return std::visit(
      [this](const auto& cells) -> std::optional<std::uint64_t> {
        // Each cell equals its neighbour.
        const std::size_t bytes = (cells.size() - 1) * sizeof(cells[0]);
        return std::memcmp(cells.data(), cells.data() + 1, bytes) == 0 ? std::optional(hash_of(cells[0]))
                                                                       : std::nullopt;
      },
      column_->cells());
  }

  /// To be called once before add(): texts are hashed once each, not once a cell.
  void salt_dictionary() {
    if (is_interned(column_->kind())) {
      const Dictionary& dictionary = column_->dictionary();
      salted_.resize(dictionary.size());
      for (std::uint32_t id = 0; id < salted_.size(); ++id) {
        salted_[id] = mix(dictionary.hash(id) ^ salt_);
      }
    }
  }

  /// Adds to `sums` for these rows alone; needs no salted dictionary.
  void add_rows(std::span<const std::uint32_t> rows, std::span<std::uint64_t> sums) const {
    const bool interned = is_interned(column_->kind());
    std::visit(
      [&](const auto& cells) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const std::uint64_t raw = cells[rows[i]];
          sums[i] += mix((interned ? column_->dictionary().hash(static_cast<std::uint32_t>(raw)) : raw) ^ salt_);
        }
      },
      column_->cells());
  }
  void add_rows_with_nulls(std::span<const std::uint32_t> rows, std::span<std::uint64_t> sums) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      sums[i] += column_->is_null(rows[i]) ? mix(null_hash ^ salt_) : hash_of(column_->raw(rows[i]));
    }
  }

  /// Adds to `sums` for the rows from `first`, a multiple of block_rows.
  void add(std::size_t first, std::span<std::uint64_t> sums) const {
    std::visit(
      [&](const auto& cells) {
        const auto* cell = cells.data() + first;
        if (is_interned(column_->kind())) {
          for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] += salted_[cell[i]];
          }
        } else {
          for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] += mix(static_cast<std::uint64_t>(cell[i]) ^ salt_);
          }
        }
      },
      column_->cells());
    if (column_->null_count() != 0) {
      correct_nulls(first, sums);
    }
  }

private:
  /// Of a cell that is not null.
  [[nodiscard]] std::uint64_t hash_of(std::uint64_t raw) const {
    const bool interned = is_interned(column_->kind());
    return mix((interned ? column_->dictionary().hash(static_cast<std::uint32_t>(raw)) : raw) ^ salt_);
  }

  /// Where a cell is null, what its raw value has added is replaced. Some cell of the column is not null.
  void correct_nulls(std::size_t first, std::span<std::uint64_t> sums) const {
    const std::uint64_t added = is_interned(column_->kind()) ? salted_[0] : mix(salt_); // The raw value is 0.
    const std::uint64_t correction = mix(null_hash ^ salt_) - added;
    const auto words = column_->null_words();
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += ((words[(first + i) / 64] >> (i % 64)) & 1U) != 0 ? correction : 0;
    }
  }

  const Column* column_;
  std::uint64_t salt_;
  std::vector<std::uint64_t> salted_; ///< By id.
};

/// Calls `take(sums)` with the hashes of one block of rows after the other.
template <typename Take>
void hash_blocks(const Table& table, std::span<const std::size_t> indexes, Take&& take) {
  if (table.empty()) {
    return;
  }
  std::uint64_t uniform = 0;
  std::vector<ColumnHashes> columns;
  for (const std::size_t index : indexes) {
    ColumnHashes column(table.column(index), index);
    if (const auto summand = column.find_uniform()) {
      uniform += *summand;
    } else {
      column.salt_dictionary();
      columns.push_back(std::move(column));
    }
  }
  std::array<std::uint64_t, block_rows> block{};
  for (std::size_t first = 0; first < table.size(); first += block_rows) {
    const auto sums = std::span(block).first(std::min(block_rows, table.size() - first));
    std::ranges::fill(sums, uniform);
    for (const ColumnHashes& column : columns) {
      column.add(first, sums);
    }
    for (std::uint64_t& sum : sums) {
      sum = mix(sum + 1);
    }
    take(std::span<const std::uint64_t>(sums));
  }
}

} // namespace

std::vector<std::uint64_t> Table::hash_rows(std::span<const std::size_t> columns) const {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(size_);
  hash_blocks(*this, columns,
              [&](std::span<const std::uint64_t> sums) { hashes.insert(hashes.end(), sums.begin(), sums.end()); });
  return hashes;
}

std::vector<std::uint64_t> Table::row_hashes() const {
  return row_hashes_if([](const ColumnSpec&) { return true; });
}

std::vector<std::uint64_t> Table::row_hashes(std::span<const std::uint32_t> rows) const {
  std::vector<std::uint64_t> hashes(rows.size(), 0);
  for (std::size_t index = 0; index < columns_.size(); ++index) {
    const ColumnHashes column(columns_[index], index);
    if (columns_[index].null_count() == 0) {
      column.add_rows(rows, hashes);
    } else {
      column.add_rows_with_nulls(rows, hashes);
    }
  }
  for (std::uint64_t& hash : hashes) {
    hash = mix(hash + 1);
  }
  return hashes;
}

std::uint64_t Table::content_sum() const {
  std::vector<std::size_t> every(columns_.size());
  std::iota(every.begin(), every.end(), std::size_t{0});
  std::uint64_t sum = 0;
  hash_blocks(*this, every,
              [&](std::span<const std::uint64_t> sums) { sum = std::accumulate(sums.begin(), sums.end(), sum); });
  return sum;
}

} // namespace hindstat
