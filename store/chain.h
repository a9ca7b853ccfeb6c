// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/block_codec.h"
#include "store/load_budget.h"
#include "store/records.h"
#include "tables/snapshot.h"

namespace hindstat {

/// What a chain (a keyframe and the change sets that follow it) costs to load.
struct ChainSizes {
  std::uint64_t keyframe_bytes = 0; ///< Payload of the keyframe.
  std::uint64_t change_bytes = 0;   ///< Payloads of all change sets.
  std::uint32_t blocks = 0;         ///< Keyframe and change sets; 0: there is no chain yet.

  /// Takes note of one more payload.
  void add(bool keyframe, std::uint64_t payload_bytes);
  /// All payloads.
  [[nodiscard]] std::uint64_t bytes() const {
    return keyframe_bytes + change_bytes;
  }
};

/// One more payload of a chain.
struct Encoded {
  bool keyframe = true;
  std::string payload;
};

/// Packs `after`, whose layout is that of `base`, behind a chain that ends with `base`: the change set, or a keyframe
/// where the chain has become long or the change set too large.
[[nodiscard]] Encoded encode_next(const ChainSizes& sizes, const Table& base, const ChangeSet& changes,
                                  const Table& after);

/// A table at the end of its chain, with the layout's spec; every reader has the same slots and dictionary ids.
struct LoadedTable {
  Table table;
  const Layout* layout = nullptr; ///< Lives as long as the Layouts it came from.
  BlockRecord block;              ///< The last of the chain; for captures without meaning.
  ChainSizes sizes;
};

/// Packs `content` behind `end`, the end of a chain of the same layout, or as a keyframe when there is none; `end` is
/// then what a reader has, `content`'s rows and sums with it, but for block.id and block.base_id.
[[nodiscard]] Encoded pack_behind(std::optional<LoadedTable>& end, const LoadedTable& content, BlockDecoder& decoder);

/// One change set of a chain, as it is stored.
struct ChainLink {
  BlockRecord block;
  std::string payload;
};

/// Loads tables and captures from their chains. Throws Error, without the path, for what is damaged.
class ChainReader {
public:
  /// All must outlive this.
  ChainReader(SQLite::Database& database, Layouts& layouts, Records& records)
    : database_(&database), layouts_(&layouts), records_(&records) {
  }

  /// The table of a block, verified against its content sum.
  [[nodiscard]] LoadedTable load_table(std::int64_t block_id);
  /// The same, with the hash of each row (Table::row_hashes()).
  [[nodiscard]] LoadedTable load_table(std::int64_t block_id, std::vector<std::uint64_t>& row_hashes);
  /// The table of a block that stands on `base`, which is consumed; nothing is read of what is before it.
  [[nodiscard]] LoadedTable load_next(LoadedTable base, std::int64_t block_id);
  /// The payloads that lead from `base` to a block of its chain, oldest first; nothing when the block does not stand on
  /// it. Each is verified; the blocks' content sums are not.
  [[nodiscard]] std::optional<std::vector<ChainLink>> find_links(const LoadedTable& base, std::int64_t block_id);
  /// Applies one of them in place; gives the slots that it touched, as BlockDecoder::touched() does.
  const std::vector<std::uint32_t>& apply(const ChainLink& link, Table& table);
  /// The table `captures` of a snapshot, with the layout it was recorded with.
  [[nodiscard]] LoadedTable load_captures(const SnapshotRecord& record);

  [[nodiscard]] BlockDecoder& decoder() {
    return decoder_;
  }
  /// From here on what is loaded may take this much in all. Unlimited before.
  void begin_load(LoadBudget budget) {
    budget_ = budget;
  }
  /// To be called before the Layouts are cleared.
  void forget() {
    last_captures_.reset();
  }

private:
  [[nodiscard]] LoadedTable load_unverified(std::int64_t block_id);
  [[nodiscard]] std::uint64_t apply_block(LoadedTable& loaded, const BlockRecord& block, SQLite::Statement& payloads);
  [[nodiscard]] std::uint64_t apply_payload(const BlockRecord& block, std::string_view payload, Table& table);
  [[nodiscard]] static std::string_view read_payload(const BlockRecord& block, const Layout& layout,
                                                     SQLite::Statement& payloads);

  // The captures decoded last: a list of snapshots in their order takes each change set once.
  struct LastCaptures {
    std::int64_t boot_id = 0;
    std::uint64_t sequence = 0;
    LoadedTable loaded;
  };

  SQLite::Database* database_;
  Layouts* layouts_;
  Records* records_;
  BlockDecoder decoder_;
  LoadBudget budget_ = LoadBudget::unlimited();
  std::optional<LastCaptures> last_captures_;
};

/// The rows of a captures table, in the order of the catalog and then of netns. Throws Error when its layout has become
/// unreadable.
[[nodiscard]] std::vector<Capture> to_captures(const LoadedTable& loaded);

/// A table as this program's catalog has it; throws Error naming the column that cannot be read.
[[nodiscard]] Table to_known_spec(LoadedTable loaded, const TableSpec& known);

} // namespace hindstat
