// SPDX-License-Identifier: MIT
#include "diff/key_index.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <unordered_set>

namespace hindstat {

namespace {

std::vector<std::uint32_t> all_rows(const Table& table) {
  std::vector<std::uint32_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

constexpr std::uint8_t many = 255;

// splitmix64's finaliser.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ULL;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBULL;
  return x ^ x >> 31;
}

// The bytes of an address without the prefix of IPv4 in IPv6 (RFC 4291, 2.5.5.2).
std::string_view unmapped(std::string_view address) {
  constexpr std::string_view prefix("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);
  return address.size() == 16 && address.starts_with(prefix) ? address.substr(prefix.size()) : address;
}

std::vector<std::size_t> key_columns(const Table& table) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    if (table.spec().columns[i].role == Role::key) {
      columns.push_back(i);
    }
  }
  return columns;
}

} // namespace

void add_rows(std::vector<std::uint32_t>& rows, const std::vector<std::uint32_t>& more) {
  if (more.empty()) {
    return;
  }
  rows.insert(rows.end(), more.begin(), more.end());
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

std::vector<std::uint64_t> key_hashes(const Table& table, std::span<const std::uint32_t> rows) {
  std::vector<std::uint64_t> hashes(rows.size(), 0);
  for (const std::size_t index : key_columns(table)) {
    const Column& column = table.column(index);
    const std::uint64_t salt = mix(0x9E3779B97F4A7C15ULL * (index + 1));
    const bool address = column.kind() == Kind::address;
    const bool text = is_interned(column.kind()) && !address;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::uint32_t row = rows[i];
      std::uint64_t value = 0;
      if (address) {
        value = std::hash<std::string_view>()(unmapped(column.bytes(row)));
      } else if (text) {
        value = column.is_null(row) ? 0 : column.dictionary().hash(static_cast<std::uint32_t>(column.raw(row)));
      } else {
        value = column.raw(row);
      }
      hashes[i] += mix(value ^ salt);
    }
  }
  for (std::uint64_t& hash : hashes) {
    hash = mix(hash);
  }
  return hashes;
}

KeyIndex::KeyIndex(const Table& table)
  : hashes_(key_hashes(table, all_rows(table))), counts_(std::bit_ceil(4 * table.size() + 1024), 0) {
  for (const std::uint64_t hash : hashes_) {
    count(hash);
  }
}

void KeyIndex::count(std::uint64_t hash) {
  std::uint8_t& rows = counts_[hash & (counts_.size() - 1)];
  if (rows < many) {
    ++rows;
  }
}

void KeyIndex::uncount(std::uint64_t hash) {
  std::uint8_t& rows = counts_[hash & (counts_.size() - 1)];
  if (rows < many) { // Of many nobody knows any more how many: they stay shared, which is only work.
    --rows;
  }
}

bool KeyIndex::is_shared(std::uint64_t hash) const {
  return counts_[hash & (counts_.size() - 1)] > 1;
}

TouchedRows KeyIndex::go_on(const Table& after, const TouchedRows& touched) {
  TouchedRows rows = touched;
  std::vector<std::uint64_t> shared;
  for (const std::uint32_t row : touched.before) {
    if (is_shared(hashes_[row])) {
      shared.push_back(hashes_[row]);
    }
  }
  for (const std::uint32_t row : touched.before) {
    uncount(hashes_[row]);
  }
  hashes_.resize(after.size());
  const std::vector<std::uint64_t> hashes = key_hashes(after, touched.after);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    hashes_[touched.after[i]] = hashes[i];
    count(hashes[i]);
  }
  for (const std::uint64_t hash : hashes) {
    if (is_shared(hash)) {
      shared.push_back(hash);
    }
  }
  add_partners(std::move(shared), rows);
  return rows;
}

// A row that was not touched is in the same place on both sides.
void KeyIndex::add_partners(std::vector<std::uint64_t> shared, TouchedRows& rows) const {
  if (shared.empty()) {
    return;
  }
  // Most rows are none: a look at a few bits says so.
  constexpr unsigned filter_bits = 16;
  std::vector<bool> filter(std::size_t{1} << filter_bits, false);
  for (const std::uint64_t hash : shared) {
    filter[hash >> (64 - filter_bits)] = true;
  }
  const std::unordered_set<std::uint64_t> wanted(shared.begin(), shared.end());
  std::vector<std::uint32_t> partners;
  auto touched = rows.after.begin();
  for (std::uint32_t row = 0; row < hashes_.size(); ++row) {
    if (touched != rows.after.end() && *touched == row) {
      ++touched;
    } else if (filter[hashes_[row] >> (64 - filter_bits)] && wanted.contains(hashes_[row])) {
      partners.push_back(row);
    }
  }
  add_rows(rows.before, partners);
  add_rows(rows.after, partners);
}

} // namespace hindstat
