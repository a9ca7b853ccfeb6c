// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/layout.h"
#include "tables/snapshot.h"

namespace hindstat {

/// A row of table snapshot with those of boot and host.
struct SnapshotRecord {
  std::int64_t id = 0; ///< 0 while it is not inserted.
  std::int64_t boot_id = 0;
  std::uint64_t sequence = 0;
  std::string origin;                  ///< boot.origin
  std::string uid;                     ///< 16 bytes
  std::optional<std::string> previous; ///< uid of the one stored before it by the same origin of this host.
  SnapshotInfo info;
  std::int64_t captures_layout = 0;
  std::uint64_t captures_rows = 0;
  std::optional<std::uint64_t> captures_base; ///< A sequence of the same boot row.
  std::string captures;                       ///< A block's payload.
};

/// A row of table block, less its payload.
struct BlockRecord {
  std::int64_t id = 0;
  std::optional<std::int64_t> base_id;
  std::int64_t layout_id = 0;
  std::uint64_t row_count = 0;
  std::uint64_t content_sum = 0;
  std::uint64_t checksum = 0;
};

/// Where a table's rows are.
struct PlacedBlock {
  std::int64_t id = 0;
  std::uint64_t sequence = 0; ///< Of the snapshot that has the block.
};

/// A row of table tombstone with those of boot and host.
struct TombstoneRecord {
  std::string uid; ///< 16 bytes
  std::int64_t boot_id = 0;
  std::string origin;
  std::string host;
  std::string machine_id;
  std::string boot_uuid;
  std::string kernel_release;
  std::uint64_t sequence = 0;
  std::optional<std::string> previous;
  std::int64_t realtime_ns = 0; ///< snapshot.realtime_ns
  std::string reason;
  std::int64_t gone_ns = 0; ///< CLOCK_REALTIME when it went.
  bool gone_here = true;    ///< From this file; else another store said so, and it may be imported.

  friend bool operator==(const TombstoneRecord&, const TombstoneRecord&) = default;
};

// Why a snapshot is not in the store: tombstone.reason.
inline constexpr std::string_view pruned_reason = "pruned";
inline constexpr std::string_view thinned_reason = "thinned";
inline constexpr std::string_view removed_reason = "removed";
inline constexpr std::string_view not_exported_reason = "not exported";
inline constexpr std::string_view lost_reason =
  "lost"; ///< By damage: only the uid is known; the time is that of the next.

/// 32 hexadecimal digits.
[[nodiscard]] std::string format_uid(std::string_view uid);
/// The opposite; throws Error for anything else.
[[nodiscard]] std::string parse_uid(std::string_view digits);

/// The stone of a snapshot that goes now.
[[nodiscard]] TombstoneRecord tombstone_of(const SnapshotRecord& record, std::string_view reason, std::int64_t gone_ns);

/// A snapshot row as it was found.
struct FoundSnapshot {
  SnapshotRecord record; ///< As far as it could be read.
  std::string damage;    ///< Why `record` is not to be believed; empty: it is.
};

/// The SQL of the store: rows in and out, each verified against its checksum when it is read. Throws Error, without
/// the path, for damaged rows.
class Records {
public:
  /// Both must outlive this.
  Records(SQLite::Database& database, Layouts& layouts) : database_(&database), layouts_(&layouts) {
  }

  /// By host (name, then machine id), CLOCK_REALTIME and id.
  [[nodiscard]] std::vector<SnapshotRecord> all_snapshots();
  [[nodiscard]] std::optional<SnapshotRecord> find_snapshot(std::int64_t id);
  [[nodiscard]] std::optional<SnapshotRecord> find_snapshot(std::int64_t boot_id, std::uint64_t sequence);
  [[nodiscard]] std::optional<std::int64_t> find_uid(const std::string& uid);
  /// The highest that a snapshot or a tombstone of the boot row has; 0 when it has none.
  [[nodiscard]] std::uint64_t last_sequence(std::int64_t boot_id);
  /// The uid of what was stored last of the host of a boot row by its origin, be it gone by now.
  [[nodiscard]] std::optional<std::string> last_uid(std::int64_t boot_id);
  /// The newest boot row of this store's own recordings.
  [[nodiscard]] std::optional<std::int64_t> find_boot(const std::string& host, const std::string& machine_id,
                                                      const std::string& boot_uuid);
  /// The first snapshot rows, at most `most`, of a boot row whose sequence is `from` or higher, be they damaged.
  [[nodiscard]] std::vector<FoundSnapshot> find_snapshots(std::int64_t boot_id, std::uint64_t from, std::int64_t most);
  /// Every snapshot row in the order of all_snapshots(), be it damaged.
  [[nodiscard]] std::vector<FoundSnapshot> find_all_snapshots();
  /// The sequence of the snapshot before `sequence` in the boot row; 0 when there is none.
  [[nodiscard]] std::uint64_t sequence_before(std::int64_t boot_id, std::uint64_t sequence);
  /// The block that holds a table of the snapshot `sequence` whose capture says `stored_at`: that of the first snapshot
  /// from there on. nullopt when it has none.
  [[nodiscard]] std::optional<PlacedBlock> find_block(std::int64_t boot_id, std::uint64_t stored_at,
                                                      std::uint64_t sequence, const std::string& table);
  [[nodiscard]] BlockRecord load_block(std::int64_t id);
  /// Bytes of the payloads of the snapshot inserted last, captures included; 0 when there is none.
  [[nodiscard]] std::uint64_t last_snapshot_bytes();
  [[nodiscard]] std::optional<TombstoneRecord> find_tombstone(const std::string& uid);
  /// By host (name, then machine id), CLOCK_REALTIME and uid.
  [[nodiscard]] std::vector<TombstoneRecord> all_tombstones();
  /// Bytes of a block's payload.
  [[nodiscard]] std::uint64_t payload_size(std::int64_t block_id);

  // The rest needs a write transaction.

  /// boot.id of the boot row that origin, host, machine id, boot and kernel release name, new if it was not there.
  [[nodiscard]] std::int64_t find_or_insert_boot(const std::string& origin, const SnapshotInfo& info);
  /// The boot row for a snapshot recorded here: sets record.boot_id and record.origin.
  void find_or_insert_boot(SnapshotRecord& record);
  /// Returns snapshot.id.
  std::int64_t insert_snapshot(const SnapshotRecord& record);
  /// Returns block.id; the checksum is computed here.
  std::int64_t insert_block(std::int64_t snapshot_id, const BlockRecord& block, const std::string& payload);
  /// Another payload and base for the block `block.id`; the checksum is computed here.
  void update_block(const BlockRecord& block, const std::string& payload);
  /// Other bytes for the same captures of the snapshot `record.id`: stores captures, captures_base and the checksum.
  void update_captures(const SnapshotRecord& record);
  /// A stone that is there already stays as it is. The boot row must be there.
  void insert_tombstone(const TombstoneRecord& stone);
  /// What another store says is gone: of two stones for one snapshot the weightier reason stays ('removed', 'pruned',
  /// 'thinned', 'not exported'), then the earlier. A stone of this file's own stays as it is.
  void merge_tombstone(TombstoneRecord stone);
  /// The snapshot has come back.
  void delete_tombstone(const std::string& uid);

  /// store.origin; throws Error when it is damaged.
  [[nodiscard]] std::string own_origin();

private:
  [[nodiscard]] FoundSnapshot read_row(SQLite::Statement& row);
  [[nodiscard]] SnapshotRecord read_snapshot(SQLite::Statement& row);
  [[nodiscard]] std::uint64_t checksum_of(const SnapshotRecord& record);
  [[nodiscard]] SQLite::Statement& prepared(std::optional<SQLite::Statement>& statement, const std::string& sql);

  SQLite::Database* database_;
  Layouts* layouts_;
  // Run once for each block or snapshot of a chain: preparing them again would cost more than the rows.
  std::optional<SQLite::Statement> find_block_;
  std::optional<SQLite::Statement> place_block_;
  std::optional<SQLite::Statement> select_block_;
  std::optional<SQLite::Statement> select_sequence_;
};

/// block.checksum
[[nodiscard]] std::uint64_t block_checksum(const BlockRecord& block, const Layout& layout, std::string_view payload);

} // namespace hindstat
