// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/chain.h"
#include "store/records.h"

namespace hindstat {

/// A store's readers, as far as a transfer needs them.
struct StoreSide {
  explicit StoreSide(SQLite::Database& opened) : database(&opened) {
  }

  SQLite::Database* database;
  Layouts layouts{*database};
  Records records{*database, layouts};
  ChainReader chains{*database, layouts, records};
};

/// Throws Error for what no recorder writes, and would hurt who goes on with it.
void require_possible(const SnapshotRecord& record);

/// What of a snapshot could not be copied because it is damaged.
struct LostTable {
  std::string table;
  std::string reason;
};

/// Copies snapshots from one store into another: blocks byte for byte where their base is there under the same bytes,
/// packed anew behind what is there where it is not. Every table is decoded and verified on its way, within what one
/// load may take. Lives as long as neither store is changed by others; both sides need a transaction.
class Transfer {
public:
  Transfer(SQLite::Database& from, SQLite::Database& to) : from_(from), to_(to) {
  }

  /// Inserts a snapshot of `from` whose uid `to` has not. Those of one boot row come in the order of their sequences.
  /// `boot` is where its predecessor is in `to`, if it is there. Returns its boot row in `to`. Throws Error when
  /// something is damaged, having inserted nothing.
  std::int64_t copy(const SnapshotRecord& record, std::optional<std::int64_t> boot);

  /// The same; a damaged table is left out, its captures then say that it failed and why.
  [[nodiscard]] std::vector<LostTable> copy_sound(const SnapshotRecord& record);

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
  // A block of `to` with the content of one of `from`; same: and with the same bytes all along its chain.
  struct Counterpart {
    std::int64_t id = 0;
    bool same = false;
  };
  struct NewBlock {
    std::int64_t from_id = 0;
    BlockRecord record; // base_id and layout_id are those of `to`.
    std::string payload;
    bool same = false;
    std::optional<LoadedTable> end; // When it was packed anew.
  };
  struct CapturesEnd {
    std::int64_t boot = 0;
    std::uint64_t sequence = 0;
    LoadedTable end;
  };

  [[nodiscard]] LoadedTable load_captures(const SnapshotRecord& record);
  [[nodiscard]] LoadBudget budget_for(const std::string& table) const;
  void place(SnapshotRecord& copied, std::optional<std::int64_t> boot);
  [[nodiscard]] bool is_taken(std::int64_t boot, const SnapshotRecord& record);
  [[nodiscard]] std::optional<NewBlock> take_table(const SnapshotRecord& record, std::int64_t boot,
                                                   const Capture& capture);
  [[nodiscard]] const LoadedTable& load(std::int64_t block_id);
  [[nodiscard]] std::optional<Counterpart> counterpart(std::int64_t block_id);
  [[nodiscard]] std::optional<Counterpart> find_counterpart(const BlockRecord& block);
  [[nodiscard]] bool same_captures(std::int64_t from_boot, std::int64_t to_boot, std::uint64_t sequence);
  void take_captures(const SnapshotRecord& record, const LoadedTable& content, SnapshotRecord& copied);
  void pack_captures(LoadedTable content, SnapshotRecord& copied);
  void insert(const SnapshotRecord& copied, std::vector<NewBlock> blocks);

  StoreSide from_;
  StoreSide to_;
  std::uint64_t memory_limit_ = load_memory_limit();
  std::map<std::string, LoadedTable> at_;                                // Of `from`, by table: the one loaded last.
  std::map<std::string, LoadedTable> ends_;                              // Of `to`, by table: the one packed last.
  std::map<std::int64_t, std::optional<Counterpart>> counterparts_;      // By block of `from`.
  std::map<std::pair<std::int64_t, std::uint64_t>, bool> same_captures_; // By boot row of `to` and sequence.
  std::optional<CapturesEnd> captures_end_;
  std::uint64_t bytes_ = 0;
};

} // namespace hindstat
