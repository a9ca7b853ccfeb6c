// SPDX-License-Identifier: MIT
#pragma once

#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tables/change_set.h"
#include "tests/store/made.h"

namespace hindstat {

/// What one host would record minute by minute, settled as the writer settles it: the same for the same seed. To be
/// appended in this order, one that could not be stored again and again.
[[nodiscard]] inline std::vector<Snapshot> made_history(int minutes, std::size_t rows = 20, std::uint64_t seed = 51) {
  Rng rng(seed);
  std::vector<Table> tables;
  for (const TableSpec& spec : catalog()) {
    if (spec.name == "socket" || spec.name == "process" || spec.name == "socket_owner") {
      tables.push_back(random_table(spec, rows, rng));
    }
  }
  std::vector<Snapshot> history;
  for (int minute = 0; minute < minutes; ++minute) {
    history.push_back(made_snapshot(tables, minute));
    for (Table& table : tables) {
      Table next = mutate(table, rng, 0.05);
      if (next.size() > 2 * rows) { // mutate() adds somewhat more than it takes away: thousands of times in a long run.
        next.truncate(rows);
      }
      settle_timers(table, next);
      table = std::move(next);
    }
  }
  return history;
}

/// Loads all that the store holds: each must be a snapshot of `history`, whole and there once. Returns which. Of those
/// before `loaded_from` only that they are listed is looked at.
[[nodiscard]] inline std::set<std::size_t> load_all_whole(const std::string& path, const std::vector<Snapshot>& history,
                                                          std::size_t loaded_from = 0) {
  std::set<std::size_t> found;
  const Store store(path);
  for (const SnapshotEntry& entry : store.list()) {
    std::size_t index = 0;
    while (index < history.size() && history[index].info != entry.info) {
      ++index;
    }
    INFO("snapshot " << entry.id.value());
    REQUIRE(index < history.size());
    if (index >= loaded_from) {
      const Snapshot loaded = store.load(entry.id);
      REQUIRE(loaded.info == history[index].info);
      REQUIRE(loaded.tables == history[index].tables);
    }
    REQUIRE(found.insert(index).second);
  }
  return found;
}

/// The store holds the first `acknowledged` snapshots of `history`, whole, and at most the one after them besides.
/// Returns whether that one is there.
inline bool require_whole(const std::string& path, const std::vector<Snapshot>& history, std::size_t acknowledged,
                          std::size_t loaded_from = 0) {
  const std::set<std::size_t> found = load_all_whole(path, history, loaded_from);
  for (std::size_t i = 0; i < acknowledged; ++i) {
    INFO("snapshot " << i << " of " << acknowledged << " acknowledged ones");
    REQUIRE(found.contains(i));
  }
  REQUIRE((found.empty() || *found.rbegin() <= acknowledged));
  return found.contains(acknowledged);
}

} // namespace hindstat
