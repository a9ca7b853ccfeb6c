// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/chain.h"
#include "store/store.h"
#include "tables/snapshot.h"
#include "tables/touched_rows.h"

namespace hindstat {

/// Goes through snapshots of a store, in any order, and has at each step the one before and the one after, both whole.
/// Of a table whose chain leads from one to the other only the change sets between are decoded, in place, so that a
/// step takes time in proportion to what changed.
class SnapshotWalk {
public:
  /// Loads the first of `ids`, of which there is at least one, with the tables named, or with all when `tables` is
  /// empty. Throws Error as Store::load() does. The store outlives it, and nothing else is to be loaded from the store
  /// meanwhile but lists and notes.
  SnapshotWalk(const Store& store, std::vector<SnapshotId> ids, std::vector<std::string> tables = {});

  /// Goes on to the next; false behind the last. Each step is a read transaction of its own: a recorder is never held
  /// up for longer. Throws Error for a snapshot that is damaged or gone; it is then left out: before() and after() are
  /// the last good one, from which the next call goes on.
  bool next();

  [[nodiscard]] const Snapshot& before() const {
    return before_;
  }
  [[nodiscard]] const Snapshot& after() const {
    return after_;
  }
  /// The number of after(), and of before() (that of after() where there was no step yet).
  [[nodiscard]] SnapshotId id_before() const {
    return id_before_;
  }
  [[nodiscard]] SnapshotId id_after() const {
    return id_after_;
  }
  /// Of the tables that both have and whose rows kept their slots, in the order of the catalog. A table that is not
  /// named may differ everywhere.
  [[nodiscard]] const std::vector<TouchedRows>& touched() const {
    return touched_;
  }

private:
  // A table of after().
  struct Walked {
    const TableSpec* spec = nullptr;
    std::uint64_t stored_at = 0;
    LoadedTable loaded{Table(TableSpec{}), nullptr, {}, {}}; ///< With rows only where its layout is not the catalog's.
    std::vector<std::uint64_t> row_hashes;                   ///< By slot, of the table as it was recorded.
    std::vector<std::string> behind;                         ///< Payloads that before() lacks, oldest first ...
    std::vector<std::uint64_t> behind_rows;                  ///< ... and how many rows the table has after each.
    bool reloaded = false;                                   ///< before() is to take after()'s table.
  };

  [[nodiscard]] bool is_wanted(const TableSpec& spec) const;
  void catch_up();
  void advance(SnapshotId id);
  void advance_table(const SnapshotRecord& record, const TableSpec& spec, std::uint64_t stored_at);
  [[nodiscard]] bool try_to_follow(Walked& walked, std::int64_t block_id);
  [[nodiscard]] bool follow_chain(Walked& walked, std::int64_t block_id);
  void reload(Walked& walked, std::int64_t block_id);
  void start_again();

  Store::Impl* store_;
  std::vector<SnapshotId> ids_;
  std::vector<std::string> tables_;
  std::size_t position_ = 0;
  Snapshot before_;
  Snapshot after_;
  SnapshotId id_before_;
  SnapshotId id_after_;
  std::int64_t boot_id_ = 0;
  std::vector<Walked> walked_;
  std::vector<TouchedRows> touched_;
};

} // namespace hindstat
