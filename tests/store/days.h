// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "store/records.h"
#include "tables/interface.h"
#include "tables/process.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tests/store/made.h"

namespace hindstat {

/// Snapshots of one host: tables that change much, little and hardly ever, and one that comes and goes.
class Days {
public:
  explicit Days(std::uint64_t seed, std::string host = "gw1", std::size_t rows = 40)
    : rng_(seed), host_(std::move(host)), tables_{random_table(sockets.spec(), rows, rng_),
                                                  random_table(socket_owners.spec(), rows / 2, rng_),
                                                  random_table(processes.spec(), rows / 3, rng_),
                                                  random_table(interfaces.spec(), 5, rng_)} {
  }

  [[nodiscard]] Snapshot next() {
    const int minute = minute_++;
    tables_[0] = mutate(tables_[0], rng_, 0.05);
    if (minute % 3 == 0) {
      tables_[1] = mutate(tables_[1], rng_, 0.6);
    }
    if (minute == 8) {
      tables_[3] = mutate(tables_[3], rng_, 0.3);
    }
    std::vector<Table> seen = tables_;
    if (minute % 5 == 4) {
      seen.erase(seen.begin() + 2);
    }
    Snapshot snapshot = made_snapshot(std::move(seen), minute);
    snapshot.info.host = host_;
    snapshot.info.boot_id = minute < 13 ? "one boot" : "the next boot";
    return snapshot;
  }

private:
  Rng rng_;
  std::string host_;
  std::vector<Table> tables_;
  int minute_ = 0;
};

inline void record_days(const std::string& path, Days& days, int minutes) {
  StoreWriter writer(path);
  for (int minute = 0; minute < minutes; ++minute) {
    writer.append(days.next());
  }
}

/// All that a store holds, by uid.
[[nodiscard]] inline std::map<std::string, Snapshot> contents(const std::string& path) {
  const Store store(path);
  std::map<std::string, Snapshot> all;
  for (const SnapshotEntry& entry : store.list()) {
    Snapshot snapshot = store.load(entry.id);
    REQUIRE(snapshot.info == entry.info);
    REQUIRE_NOTHROW(store.size_of(entry.id));
    all.emplace(entry.uid, std::move(snapshot));
  }
  return all;
}

inline void require_same(const Snapshot& before, const Snapshot& after) {
  REQUIRE(before.info == after.info);
  REQUIRE(before.captures.size() == after.captures.size());
  REQUIRE(before.tables == after.tables);
}

inline void require_same(const std::map<std::string, Snapshot>& before, const std::map<std::string, Snapshot>& after) {
  REQUIRE(before.size() == after.size());
  for (const auto& [uid, snapshot] : before) {
    INFO("snapshot " << uid);
    REQUIRE(after.contains(uid));
    require_same(snapshot, after.at(uid));
  }
}

[[nodiscard]] inline std::vector<TombstoneRecord> tombstones(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  Layouts layouts(database);
  return Records(database, layouts).all_tombstones();
}

} // namespace hindstat
