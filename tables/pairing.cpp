// SPDX-License-Identifier: MIT
// Which row of the table after is the row of the table before. Rows are bucketed by a hash of their keys; nearly all
// buckets hold one row on each side and cost one probe. Buckets with several rows (SO_REUSEPORT listeners, next hops
// of a route) are paired by sorting, never by trying all against all: a hostile table cannot make it quadratic.
#include <algorithm>
#include <array>
#include <bit>

#include "tables/change_set.h"

namespace hindstat {

namespace {

constexpr std::uint32_t none = Pairing::none;

struct Bucket {
  std::uint64_t key_hash = 0;
  std::uint32_t first_before = none;
  std::uint32_t first_after = none;
  bool single = true; // At most one row on each side.
};

class Buckets {
public:
  Buckets(std::size_t before, std::size_t after)
    : index_(std::bit_ceil(2 * (before + after) + 2), none), next_before_(before, none), next_after_(after, none) {
    buckets_.reserve(std::max(before, after));
  }

  void add_before(std::uint32_t row, std::uint64_t key_hash) {
    Bucket& bucket = at(key_hash);
    link(bucket, bucket.first_before, next_before_, row);
  }
  void add_after(std::uint32_t row, std::uint64_t key_hash) {
    Bucket& bucket = at(key_hash);
    link(bucket, bucket.first_after, next_after_, row);
  }
  [[nodiscard]] const std::vector<Bucket>& all() const {
    return buckets_;
  }
  [[nodiscard]] std::vector<std::uint32_t> rows_before(const Bucket& bucket) const {
    return chain(bucket.first_before, next_before_);
  }
  [[nodiscard]] std::vector<std::uint32_t> rows_after(const Bucket& bucket) const {
    return chain(bucket.first_after, next_after_);
  }

private:
  Bucket& at(std::uint64_t key_hash) {
    const std::size_t mask = index_.size() - 1;
    std::size_t slot = key_hash & mask;
    while (index_[slot] != none && buckets_[index_[slot]].key_hash != key_hash) {
      slot = (slot + 1) & mask;
    }
    if (index_[slot] == none) {
      index_[slot] = static_cast<std::uint32_t>(buckets_.size());
      buckets_.push_back(Bucket{key_hash});
    }
    return buckets_[index_[slot]];
  }
  static void link(Bucket& bucket, std::uint32_t& first, std::vector<std::uint32_t>& next, std::uint32_t row) {
    bucket.single = bucket.single && first == none;
    next[row] = first;
    first = row;
  }
  static std::vector<std::uint32_t> chain(std::uint32_t first, const std::vector<std::uint32_t>& next) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = first; row != none; row = next[row]) {
      rows.push_back(row);
    }
    return rows;
  }

  std::vector<std::uint32_t> index_;
  std::vector<std::uint32_t> next_before_;
  std::vector<std::uint32_t> next_after_;
  std::vector<Bucket> buckets_;
};

class Pairer {
public:
  Pairer(const Table& before, const Table& after)
    : tables_{&before, &after}, rest_{rest_hashes(before), rest_hashes(after)} {
    for (std::size_t i = 0; i < before.spec().columns.size(); ++i) {
      const Role role = before.spec().columns[i].role;
      if (role == Role::key) {
        keys_.push_back(i);
      } else if (role == Role::incarnation) {
        incarnations_.push_back(i);
      }
    }
    result_.after_of.assign(before.size(), none);
    result_.before_of.assign(after.size(), none);
    result_.by.assign(before.size(), PairedBy::equal);
  }

  Pairing run() {
    const auto is_key = [](const ColumnSpec& column) { return column.role == Role::key; };
    Buckets buckets(tables_[0]->size(), tables_[1]->size());
    const auto keys_before = tables_[0]->row_hashes_if(is_key);
    const auto keys_after = tables_[1]->row_hashes_if(is_key);
    for (std::uint32_t row = 0; row < keys_before.size(); ++row) {
      buckets.add_before(row, keys_before[row]);
    }
    for (std::uint32_t row = 0; row < keys_after.size(); ++row) {
      buckets.add_after(row, keys_after[row]);
    }
    for (const Bucket& bucket : buckets.all()) {
      if (bucket.first_before == none || bucket.first_after == none) {
        continue;
      }
      if (bucket.single) {
        pair_single(bucket.first_before, bucket.first_after);
      } else {
        pair_many({buckets.rows_before(bucket), buckets.rows_after(bucket)});
      }
    }
    return std::move(result_);
  }

private:
  using Rows = std::array<std::vector<std::uint32_t>, 2>; // Of the table before and of the table after.

  static std::vector<std::uint64_t> rest_hashes(const Table& table) {
    return table.row_hashes_if([](const ColumnSpec& column) { return column.role != Role::timer; });
  }

  [[nodiscard]] bool keys_equal(std::uint32_t before, std::uint32_t after) const {
    return std::ranges::all_of(keys_, [&](std::size_t i) {
      return Table::cells_equal(tables_[0]->column(i), before, tables_[1]->column(i), after);
    });
  }

  [[nodiscard]] static bool is_known(const Column& column, std::size_t row) {
    return !column.is_null(row) && (is_interned(column.kind()) ? !column.bytes(row).empty() : column.raw(row) != 0);
  }

  // Whether the incarnation columns before `end` settle that the two rows are the same (or other) objects: the first
  // one known on both sides decides; unknown if there is none.
  enum class Identity { same, other, unknown };
  [[nodiscard]] Identity identity(std::uint32_t before, std::uint32_t after, std::size_t end) const {
    for (std::size_t k = 0; k < end; ++k) {
      const Column& a = tables_[0]->column(incarnations_[k]);
      const Column& b = tables_[1]->column(incarnations_[k]);
      if (is_known(a, before) && is_known(b, after)) {
        return Table::cells_equal(a, before, b, after) ? Identity::same : Identity::other;
      }
    }
    return Identity::unknown;
  }

  void pair(std::uint32_t before, std::uint32_t after, PairedBy by) {
    result_.after_of[before] = after;
    result_.before_of[after] = before;
    result_.by[before] = by;
  }

  void pair_single(std::uint32_t before, std::uint32_t after) {
    if (rest_[0][before] == rest_[1][after]) {
      pair(before, after, PairedBy::equal);
    } else if (keys_equal(before, after)) {
      const bool same = identity(before, after, incarnations_.size()) == Identity::same;
      pair(before, after, same ? PairedBy::incarnation : PairedBy::key);
    }
  }

  void pair_many(Rows rows) {
    pair_equal(rows);
    for (std::size_t k = 0; k < incarnations_.size() && !rows[0].empty() && !rows[1].empty(); ++k) {
      pair_incarnation(rows, k);
    }
    if (rows[0].size() == 1 && rows[1].size() == 1 && keys_equal(rows[0][0], rows[1][0])) {
      pair(rows[0][0], rows[1][0], PairedBy::key);
    }
  }

  // Sorts each side by `hash(side, row)`, rows with equal hashes by their cells, so that the order of rows does not
  // matter; then walks both sides and calls `try_pair` for rows whose hashes meet. Paired rows leave `rows`.
  template <typename Hash, typename TryPair>
  void merge(Rows& rows, Hash&& hash, TryPair&& try_pair) {
    for (std::size_t side : {0U, 1U}) {
      std::ranges::sort(rows[side], [&](std::uint32_t x, std::uint32_t y) {
        const std::uint64_t hash_x = hash(side, x);
        const std::uint64_t hash_y = hash(side, y);
        return hash_x != hash_y ? hash_x < hash_y : Table::compare_rows(*tables_[side], x, *tables_[side], y) < 0;
      });
    }
    Rows left;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows[0].size() && j < rows[1].size()) {
      const std::uint64_t hash_before = hash(0, rows[0][i]);
      const std::uint64_t hash_after = hash(1, rows[1][j]);
      if (hash_before == hash_after && try_pair(rows[0][i], rows[1][j])) {
        ++i;
        ++j;
        continue;
      }
      if (hash_before <= hash_after) {
        left[0].push_back(rows[0][i++]);
      }
      if (hash_before >= hash_after) {
        left[1].push_back(rows[1][j++]);
      }
    }
    left[0].insert(left[0].end(), rows[0].begin() + static_cast<std::ptrdiff_t>(i), rows[0].end());
    left[1].insert(left[1].end(), rows[1].begin() + static_cast<std::ptrdiff_t>(j), rows[1].end());
    rows = std::move(left);
  }

  void pair_equal(Rows& rows) {
    merge(
      rows, [&](std::size_t side, std::uint32_t row) { return rest_[side][row]; },
      [&](std::uint32_t before, std::uint32_t after) {
        pair(before, after, PairedBy::equal);
        return true;
      });
  }

  void pair_incarnation(Rows& rows, std::size_t k) {
    Rows known;
    Rows unknown;
    for (std::size_t side : {0U, 1U}) {
      for (const std::uint32_t row : rows[side]) {
        (is_known(tables_[side]->column(incarnations_[k]), row) ? known : unknown)[side].push_back(row);
      }
    }
    merge(
      known,
      [&](std::size_t side, std::uint32_t row) {
        const Column& column = tables_[side]->column(incarnations_[k]);
        return is_interned(column.kind()) ? column.dictionary().hash(static_cast<std::uint32_t>(column.raw(row)))
                                          : column.raw(row);
      },
      [&](std::uint32_t before, std::uint32_t after) {
        if (identity(before, after, k + 1) != Identity::same || !keys_equal(before, after)) {
          return false;
        }
        pair(before, after, PairedBy::incarnation);
        return true;
      });
    for (std::size_t side : {0U, 1U}) {
      rows[side] = std::move(known[side]);
      rows[side].insert(rows[side].end(), unknown[side].begin(), unknown[side].end());
    }
  }

  std::array<const Table*, 2> tables_;
  std::array<std::vector<std::uint64_t>, 2> rest_; // Hashes of all columns but timers.
  std::vector<std::size_t> keys_;
  std::vector<std::size_t> incarnations_;
  Pairing result_;
};

} // namespace

Pairing pair_rows(const Table& before, const Table& after) {
  return Pairer(before, after).run();
}

} // namespace hindstat
