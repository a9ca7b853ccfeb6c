// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "store/limits.h"
#include "store/notes.h"
#include "store/retention.h"
#include "tables/snapshot.h"

namespace hindstat {

/// A snapshot's number in one store file: snapshot.id, at least 1.
using SnapshotId = Strong<struct SnapshotIdTag, std::int64_t>;

/// What the store knows of a snapshot without decoding any table.
struct SnapshotEntry {
  SnapshotId id;
  std::string uid; ///< 32 hexadecimal digits: the same snapshot has the same uid in every store.
  SnapshotInfo info;
  std::string previous; ///< uid of the one that its recorder stored before it, be it gone by now; empty: the first.
};

/// The snapshots of a store that can be read.
struct SoundEntries {
  std::vector<SnapshotEntry> entries; ///< In the order of Store::list().
  std::vector<std::string> damage;    ///< With the path.
};

/// Sizes of one snapshot in the file.
struct SnapshotSize {
  std::uint64_t payload_bytes = 0; ///< Compressed blocks and captures.
  std::uint32_t blocks = 0;        ///< Tables that differ from the snapshot before.
};

/// An existing store, opened for reading; a file from a stranger is safe to open. All methods throw Error with the
/// path and the place for a damaged file.
class Store {
public:
  /// Throws Error when the file is absent, not a hindstat store, damaged, or newer than this program.
  explicit Store(const std::string& path);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  [[nodiscard]] const std::string& path() const;
  /// Every snapshot, by host and then by time (CLOCK_REALTIME, then id).
  [[nodiscard]] std::vector<SnapshotEntry> list() const;
  /// The same, with a sentence for each snapshot that is damaged instead of refusing the store.
  [[nodiscard]] SoundEntries list_sound() const;
  [[nodiscard]] SnapshotSize size_of(SnapshotId id) const;
  /// Marks, pins and gaps, with what the recorder noted beside the file since its last recording.
  [[nodiscard]] StoreNotes notes() const;
  /// What recording prunes to. Throws Error for settings that are damaged.
  [[nodiscard]] Limits limits() const;
  [[nodiscard]] FileSize file_size() const;
  /// What pruning to these limits would do; nothing is changed.
  [[nodiscard]] PruneReport plan_prune(const Limits& limits, std::int64_t now_ns) const;
  /// In the order of the catalog, then by netns.
  [[nodiscard]] std::vector<Capture> load_captures(SnapshotId id) const;
  /// The snapshot with the tables named, or with all when `tables` is empty; unknown names are ignored. Tables that a
  /// newer program recorded and this one does not know are left out. Every table is verified against its content sum.
  [[nodiscard]] Snapshot load(SnapshotId id, std::span<const std::string> tables = {}) const;

private:
  friend class SnapshotWalk;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A store opened for writing, created when it is not there.
class StoreWriter {
public:
  /// Throws Error (try_again when the disk is full). `file_mode`: of a store that is created; an existing one keeps its
  /// own.
  explicit StoreWriter(const std::string& path, std::uint32_t file_mode = 0600);
  ~StoreWriter();
  StoreWriter(StoreWriter&&) noexcept;
  StoreWriter& operator=(StoreWriter&&) noexcept;

  /// Loads what the next snapshot of this host and boot will be compared with; optional, so that it can be done while
  /// the kernel is being read.
  void prepare(const std::string& host, const std::string& machine_id, const std::string& boot_id);

  /// Packs and appends one snapshot in one transaction; durable when it returns. Timers settle on the values before
  /// (settle_timers). Each table needs a capture. A snapshot whose uid is there already is not stored twice. Throws
  /// Error: try_again when another process held the file for 5 s (the message says who) or the disk is full; then
  /// nothing was stored, and the next call starts from the file again. Where limits are set (StoreKeeper::set_limits)
  /// it prunes before, and removes more of what they give up when there is no room. May be called again and again: what
  /// the next snapshot is compared with stays in memory until another process writes to the file. A snapshot that is
  /// moved in gives up each table's memory as soon as it is packed.
  SnapshotId append(Snapshot snapshot);
  /// Sizes of what append() stored last; nothing when the snapshot was there already.
  [[nodiscard]] SnapshotSize appended_size() const;
  /// What append() removed before it stored, and why it could not ("" where it could).
  [[nodiscard]] const PruneReport& pruned() const;
  [[nodiscard]] const std::string& prune_trouble() const;
  /// How long the file system took for the last commit, in ns; 0 before the first.
  [[nodiscard]] std::int64_t last_commit_ns() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hindstat
