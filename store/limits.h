// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

namespace hindstat {

/// Of snapshots older than `after_ns` the first of every `every_ns` stays.
struct Thinning {
  std::int64_t every_ns = 0;
  std::int64_t after_ns = 0;

  friend bool operator==(const Thinning&, const Thinning&) = default;
};

/// What a store is allowed to grow to. Nothing is removed but by one of these.
struct Limits {
  std::optional<std::int64_t> keep_ns;    ///< Older snapshots go.
  std::optional<std::uint64_t> max_bytes; ///< The oldest go until the file is no larger.
  std::vector<Thinning> thin;             ///< By after_ns.

  [[nodiscard]] bool empty() const {
    return !keep_ns && !max_bytes && thin.empty();
  }
  friend bool operator==(const Limits&, const Limits&) = default;
};

/// What the store was told to keep to by itself. Throws Error for rows that are damaged: nothing is removed by them.
[[nodiscard]] Limits load_limits(SQLite::Database& database);
/// Replaces it; empty limits are none. Needs a write transaction.
void store_limits(SQLite::Database& database, const Limits& limits);

} // namespace hindstat
