// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tables/table.h"
#include "tables/touched_rows.h"

namespace hindstat {

/// The keys of one table's rows, kept up to date while the table goes from snapshot to snapshot: finds the rows that
/// share their key with a row that was touched, in time proportional to what was touched.
class KeyIndex {
public:
  /// Of all rows of `table`.
  explicit KeyIndex(const Table& table);

  /// Goes on from the table that it is of to `after`. Returns the rows by which the two have to be compared: those
  /// touched, and on both sides each whose key a touched row has, too (and a few that do no harm).
  [[nodiscard]] TouchedRows go_on(const Table& after, const TouchedRows& touched);

private:
  void count(std::uint64_t hash);
  void uncount(std::uint64_t hash);
  [[nodiscard]] bool is_shared(std::uint64_t hash) const;
  void add_partners(std::vector<std::uint64_t> shared, TouchedRows& rows) const;

  std::vector<std::uint64_t> hashes_; ///< Of the keys, by row.
  std::vector<std::uint8_t> counts_;  ///< Rows by the low bits of their hash; its size is a power of two.
};

/// Adds rows to ascending ones; each is then named once.
void add_rows(std::vector<std::uint32_t>& rows, const std::vector<std::uint32_t>& more);

/// A hash of the key columns of each of `rows`, in which an IPv4 address equals the same one mapped into IPv6.
[[nodiscard]] std::vector<std::uint64_t> key_hashes(const Table& table, std::span<const std::uint32_t> rows);

} // namespace hindstat
