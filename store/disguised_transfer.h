// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/disguise.h"
#include "store/transfer.h"

namespace hindstat {

/// Writes snapshots of one store under pseudonyms into another: as Transfer, but each table is packed anew, under the
/// layouts of this program, so that no byte of the original is copied. Tables and columns that this program does not
/// know are left out: it cannot tell what they hold.
class DisguisedTransfer {
public:
  /// `disguise` must outlive this.
  DisguisedTransfer(SQLite::Database& from, SQLite::Database& to, Disguise& disguise)
    : from_(from), to_(to), disguise_(&disguise) {
  }

  /// Inserts a snapshot of `from` that `to` has not; those of one boot row in the order of their sequences. Returns its
  /// boot row in `to`. Throws Error when something is damaged, having inserted nothing.
  std::int64_t copy(const SnapshotRecord& record, std::optional<std::int64_t> boot);

  [[nodiscard]] StoreSide& from() {
    return from_;
  }
  [[nodiscard]] StoreSide& to() {
    return to_;
  }
  /// Bytes of payload inserted so far.
  [[nodiscard]] std::uint64_t bytes() const {
    return bytes_;
  }

private:
  struct NewBlock {
    std::string table;
    BlockRecord record;
    std::string payload;
    LoadedTable end;
  };

  [[nodiscard]] const LoadedTable& load(std::int64_t block_id);
  [[nodiscard]] std::vector<NewBlock> pack_tables(const SnapshotRecord& record, const std::vector<Capture>& all,
                                                  std::int64_t boot);
  [[nodiscard]] NewBlock pack(Table hidden);
  [[nodiscard]] std::optional<LoadedTable> pack_captures(const std::vector<Capture>& all, SnapshotRecord& copied);

  StoreSide from_;
  std::uint64_t memory_limit_ = load_memory_limit();
  StoreSide to_;
  Disguise* disguise_;
  std::map<std::string, LoadedTable> at_;   // Of `from`, by table: the one loaded last.
  std::map<std::string, LoadedTable> ends_; // Of `to`, by table: the one packed last.
  std::optional<LoadedTable> captures_end_; // Of `to`.
  std::int64_t boot_ = 0;                   // Boot row of `to` that the ends belong to,
  std::uint64_t sequence_ = 0;              // and the sequence of the last snapshot.
  std::uint64_t bytes_ = 0;
};

} // namespace hindstat
