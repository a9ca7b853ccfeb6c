// SPDX-License-Identifier: MIT
#include "diff/memory.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "diff/sockets.h"
#include "tables/process.h"
#include "tables/socket_owner.h"
#include "tables/tcp_info.h"

namespace hindstat {

namespace {

// Large tables whose rules look at one key at a time. The rest is small, or needs the rows around those that changed
// (the routes to one prefix).
constexpr std::array by_key{sockets.name(), processes.name(), socket_owners.name(), tcp_infos.name()};

std::vector<std::uint32_t> all_rows(const Table& table) {
  std::vector<std::uint32_t> rows(table.size());
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

const TouchedRows* find_rows(std::span<const TouchedRows> touched, std::string_view table) {
  const auto it = std::ranges::find(touched, table, &TouchedRows::table);
  return it == touched.end() ? nullptr : &*it;
}

} // namespace

std::vector<TouchedRows> DiffMemory::begin_step(const Snapshot& before, const Snapshot& after,
                                                std::span<const TouchedRows> touched) {
  std::erase_if(keys_, [&](const auto& index) { return find_rows(touched, index.first) == nullptr; });
  std::vector<TouchedRows> narrowed;
  for (const TouchedRows& rows : touched) {
    const Table* table_before = before.find_table(rows.table);
    const Table* table_after = after.find_table(rows.table);
    if (rows.before.empty() && rows.after.empty()) {
      narrowed.push_back(rows);
    } else if (std::ranges::find(by_key, rows.table) != by_key.end()) {
      const auto index = keys_.try_emplace(rows.table, *table_before).first;
      narrowed.push_back(index->second.go_on(*table_after, rows));
    } else {
      continue;
    }
    if (rows.table == sockets.name()) {
      add_rows(narrowed.back().before, rows_judged_although_equal(*table_before));
      add_rows(narrowed.back().after, rows_judged_although_equal(*table_after));
    }
  }
  const TouchedRows* rows = find_rows(touched, sockets.name());
  if (rows == nullptr) {
    names_.reset();
    return narrowed;
  }
  if (!names_) {
    names_.emplace();
    const Table& table = *before.find_table(sockets.name());
    names_->add(table, all_rows(table));
  }
  names_->add(*after.find_table(sockets.name()), rows->after);
  return narrowed;
}

void DiffMemory::end_step(const Snapshot& before, std::span<const TouchedRows> touched) {
  if (const TouchedRows* rows = find_rows(touched, sockets.name()); rows != nullptr && names_) {
    names_->remove(*before.find_table(sockets.name()), rows->before);
  }
}

} // namespace hindstat
