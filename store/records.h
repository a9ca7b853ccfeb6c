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
  std::string origin; ///< boot.origin
  std::string uid;    ///< 16 bytes
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
  /// 0 when the boot row has no snapshot.
  [[nodiscard]] std::uint64_t last_sequence(std::int64_t boot_id);
  /// The newest boot row of this store's own recordings.
  [[nodiscard]] std::optional<std::int64_t> find_boot(const std::string& host, const std::string& machine_id,
                                                      const std::string& boot_uuid);
  /// The block of one table in a snapshot; nullopt when it has none.
  [[nodiscard]] std::optional<std::int64_t> find_block(std::int64_t boot_id, std::uint64_t sequence,
                                                       const std::string& table);
  [[nodiscard]] BlockRecord load_block(std::int64_t id);
  /// Bytes of a block's payload.
  [[nodiscard]] std::uint64_t payload_size(std::int64_t block_id);

  // The rest needs a write transaction.

  /// The boot row for a snapshot recorded here: sets record.boot_id and record.origin.
  void find_or_insert_boot(SnapshotRecord& record);
  /// Returns snapshot.id.
  std::int64_t insert_snapshot(const SnapshotRecord& record);
  /// Returns block.id; the checksum is computed here.
  std::int64_t insert_block(std::int64_t snapshot_id, const BlockRecord& block, const std::string& payload);

private:
  [[nodiscard]] SnapshotRecord read_snapshot(SQLite::Statement& row);
  [[nodiscard]] std::uint64_t checksum_of(const SnapshotRecord& record);
  [[nodiscard]] std::string own_origin();
  [[nodiscard]] SQLite::Statement& prepared(std::optional<SQLite::Statement>& statement, const std::string& sql);

  SQLite::Database* database_;
  Layouts* layouts_;
  // Run once for each block or snapshot of a chain: preparing them again would cost more than the rows.
  std::optional<SQLite::Statement> select_block_;
  std::optional<SQLite::Statement> select_sequence_;
};

/// block.checksum
[[nodiscard]] std::uint64_t block_checksum(const BlockRecord& block, const Layout& layout, std::string_view payload);

} // namespace hindstat
