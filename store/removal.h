// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/store.h"

namespace hindstat {

/// What a removal did.
struct Removal {
  std::uint64_t snapshots = 0; ///< Gone, each with a tombstone.
  std::uint64_t blocks = 0;    ///< Gone with them.
  std::uint64_t moved = 0;     ///< Blocks that the next snapshot has now.
  std::uint64_t rekeyed = 0;   ///< Blocks and captures that were packed anew, because what they stood on is gone.
};

/// Takes snapshots (snapshot.id) out of a store. All others load to the same content afterwards, with the same uid:
/// what they need of a removed one moves to the first of them, and the rest of a chain whose base goes is packed anew.
/// Needs a write transaction of `database`, which the caller commits; what else holds Layouts, Records or a state of
/// this file must forget it. Ids that are not there are ignored. A removed snapshot may be damaged; what could not be
/// read of the others before cannot be read afterwards either. Throws Error, without the path.
Removal remove_snapshots(SQLite::Database& database, const std::set<std::int64_t>& ids, std::string_view reason,
                         std::int64_t gone_ns);

/// The same with a reason of 'removed' in a transaction of its own; their bytes in the file are overwritten with zeros.
/// Throws Error, with the path, when one of the snapshots is not there: then nothing is removed.
Removal remove_from_store(const std::string& path, const std::vector<SnapshotId>& ids);

} // namespace hindstat
