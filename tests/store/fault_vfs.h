// SPDX-License-Identifier: MIT
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/tables/random_table.h"

namespace hindstat {

/// One thing that SQLite did to the disk.
struct DiskOperation {
  enum class Kind { create, write, truncate, sync, remove };

  Kind kind = Kind::sync;
  std::string path;
  std::uint64_t offset = 0; ///< write: where; truncate: the new size.
  std::string bytes;        ///< write
  bool is_durable = false;  ///< remove: the directory was synced, too.
};

/// Files by path: all that a disk holds.
using DiskContent = std::map<std::string, std::string>;

/// SQLite's default VFS as long as this lives: passes everything on to the real one but syncs, which would only take
/// time, remembers what changes the disk, and fails where it is told to.
class FaultVfs {
public:
  enum class Failing { once, from_then_on };

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// Lets the operation number `operation` (1, 2, 3, ... from now on) fail; a failing write does its first half.
  /// `disk_full`: as a full disk does, else as a broken one.
  void fail_at(std::size_t operation, Failing failing, bool disk_full);
  /// Nothing fails any more, and the operations are counted and remembered from here.
  void heal();
  /// Whether something failed since heal().
  [[nodiscard]] bool has_failed() const {
    return failed_;
  }
  [[nodiscard]] const std::vector<DiskOperation>& operations() const {
    return operations_;
  }

  /// For the callbacks: notes the operation; SQLITE_OK, or the code to fail with.
  [[nodiscard]] int begin(DiskOperation operation);
  [[nodiscard]] sqlite3_vfs* real() const {
    return real_;
  }

private:
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::vector<DiskOperation> operations_;
  std::size_t fail_at_ = 0; ///< 0: never.
  Failing failing_ = Failing::once;
  bool disk_full_ = false;
  bool failed_ = false;
};

/// What becomes of operations that no sync has made durable when the power goes.
enum class Unsynced {
  lost,     ///< None reached the disk.
  written,  ///< All did.
  torn,     ///< All did, but of the last write only the first half of its sectors.
  some,     ///< Some did, in any order: a drive's cache.
  some_torn ///< Some did, and some only by half.
};

/// What the disk holds after the power went behind the first `done` of `operations`, which began on `before`. A sync
/// makes what was written to the file durable; the first one of a new file also the directory, as SQLite's unix VFS
/// does. All files are in one directory.
[[nodiscard]] DiskContent after_power_cut(DiskContent before, const std::vector<DiskOperation>& operations,
                                          std::size_t done, Unsynced unsynced, Rng& rng);

} // namespace hindstat
