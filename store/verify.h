// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hindstat {

/// What damage costs: one table, or all ("" when the snapshot itself is damaged), of the snapshots of one host.
struct DamageCost {
  std::string host;
  std::string table;
  std::uint64_t snapshots = 0;
  std::int64_t first_id = 0; ///< snapshot.id
  std::int64_t last_id = 0;
  std::int64_t first_ns = 0; ///< CLOCK_REALTIME of the first and the last of them.
  std::int64_t last_ns = 0;
};

/// What a check of a whole store found.
struct Verification {
  std::uint64_t snapshots = 0;               ///< Rows looked at, be they sound or not.
  std::uint64_t blocks = 0;                  ///< Likewise.
  std::map<std::string, std::uint64_t> gone; ///< Tombstones by reason.
  std::vector<std::string> damage;           ///< A sentence each; empty: the store is sound.
  std::vector<DamageCost> costs;             ///< By host and table.
};

/// Checks every block, chain, checksum, foreign key, row count, layout and link of a store, and SQLite's own
/// structures. Finds accidents and careless edits, nothing against someone who rewrites the file with its checksums.
/// Throws Error when the file is not there, cannot be read or is held by another process; all else is damage.
Verification verify_store(const std::string& path);

} // namespace hindstat
