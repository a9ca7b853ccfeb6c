// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "diff/row_events.h"
#include "diff/rule_context.h"

namespace hindstat {

/// Takes out of match.removed and match.added the rows that share a name with exactly one row of the other side and
/// none of their own, and returns them as pairs. `row_of(table, row)` is the row, `before_name` and `after_name` of it
/// the name, of any ordered type.
template <typename RowOf, typename BeforeName, typename AfterName>
[[nodiscard]] std::vector<RowPair> pair_single(RowMatch& match, const Table& before, const Table& after, RowOf&& row_of,
                                               BeforeName&& before_name, AfterName&& after_name) {
  using Name = decltype(before_name(row_of(before, 0U)));
  std::map<Name, std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>> named;
  for (const std::uint32_t row : match.removed) {
    named[before_name(row_of(before, row))].first.push_back(row);
  }
  for (const std::uint32_t row : match.added) {
    named[after_name(row_of(after, row))].second.push_back(row);
  }
  std::vector<RowPair> pairs;
  for (const auto& [name, rows] : named) {
    if (rows.first.size() == 1 && rows.second.size() == 1) {
      pairs.push_back({rows.first.front(), rows.second.front()});
    }
  }
  std::set<std::uint32_t> paired_before;
  std::set<std::uint32_t> paired_after;
  for (const RowPair& pair : pairs) {
    paired_before.insert(pair.before);
    paired_after.insert(pair.after);
  }
  std::erase_if(match.removed, [&](std::uint32_t row) { return paired_before.contains(row); });
  std::erase_if(match.added, [&](std::uint32_t row) { return paired_after.contains(row); });
  return pairs;
}

template <typename RowOf, typename Name>
[[nodiscard]] std::vector<RowPair> pair_single(RowMatch& match, const Table& before, const Table& after, RowOf&& row_of,
                                               Name&& name) {
  return pair_single(match, before, after, row_of, name, name);
}

/// The same for rows of an interface whose name changed: `name` says what else makes the row what it is.
template <typename Row, typename RowOf, typename Name>
[[nodiscard]] std::vector<RowPair> pair_renamed(RowMatch& match, const Table& before, const Table& after,
                                                const InterfaceRenames& renames, RowOf&& row_of, Name&& name) {
  if (renames.empty()) {
    return {};
  }
  const auto whole_name = [&](const Row& row) { return std::tuple(row.netns, row.interface, name(row)); };
  return pair_single(
    match, before, after, row_of,
    [&](const Row& row) {
      const auto renamed = renames.find({row.netns, row.interface});
      return std::tuple(row.netns, renamed == renames.end() ? row.interface : renamed->second, name(row));
    },
    whole_name);
}

} // namespace hindstat
