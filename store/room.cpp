// SPDX-License-Identifier: MIT
#include "store/room.h"

#include <sqlite3.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "store/disk_space.h"
#include "store/obstacle.h"

namespace hindstat {

bool Room::make(std::int64_t now_ns, std::uint64_t expected) {
  pruned_ = {};
  trouble_.clear();
  try {
    const Limits limits = load_limits(*database_);
    if (limits.empty()) {
      return false;
    }
    now_ns = believed_now(now_ns);
    Retention retention(*database_, path_);
    pruned_ = missing_bytes(expected) != 0 ? retention.run(limits, now_ns, {})
                                           : retention.run_beside_recording(limits, now_ns, expected);
  } catch (const Error& e) {
    trouble_ = fmt::format("the store was not pruned: {}", e.what());
  } catch (const SQLite::Exception& e) {
    const int code = e.getErrorCode() & 0xFF;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
      throw;
    }
    trouble_ = fmt::format("the store was not pruned: {}", e.what());
  }
  return pruned_.snapshots() != 0 || !trouble_.empty();
}

// A clock that is wrong for a while must not make everything old: it is believed when several recordings agree.
std::int64_t Room::believed_now(std::int64_t now_ns) {
  SQLite::Statement select(*database_, "SELECT min(realtime_ns) FROM (SELECT realtime_ns FROM snapshot ORDER BY id DESC"
                                       " LIMIT 4)");
  const bool any = select.executeStep() && !select.isColumnNull(0);
  return any ? std::min(now_ns, select.getColumn(0).getInt64()) : now_ns;
}

// How much the file system lacks for `expected` bytes more in the file, with a reserve.
std::uint64_t Room::missing_bytes(std::uint64_t expected) {
  const auto space = find_disk_space(path_);
  if (!space) {
    return 0; // Writing will say it.
  }
  // Pages that are changed go into the journal first: the ends of the tables and of their indexes.
  constexpr std::uint64_t changed_pages = 16;
  const FileSize size = load_file_size(*database_);
  const std::uint64_t journal = std::min(changed_pages * size.page_size, size.bytes);
  const std::uint64_t growth = expected + expected / 8 + changed_pages / 2 * size.page_size;
  const std::uint64_t needed = (growth > size.free_bytes ? growth - size.free_bytes : 0) + journal + space->reserve();
  return needed > space->available ? needed - space->available : 0;
}

void Room::require(std::uint64_t expected) {
  if (const std::uint64_t missing = missing_bytes(expected); missing != 0) {
    throw ObstacleError(fmt::format("the disk is full (a reserve is kept for pruning, and {} kB are missing); nothing "
                                    "was recorded",
                                    missing / 1000 + 1),
                        Obstacle::full);
  }
}

} // namespace hindstat
