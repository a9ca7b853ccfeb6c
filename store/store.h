// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.h"
#include "tables/snapshot.h"

namespace hindstat {

/// A snapshot's number in one store file: snapshot.id, at least 1.
using SnapshotId = Strong<struct SnapshotIdTag, std::int64_t>;

/// What the store knows of a snapshot without decoding any table.
struct SnapshotEntry {
  SnapshotId id;
  std::string uid; ///< 32 hexadecimal digits: the same snapshot has the same uid in every store.
  SnapshotInfo info;
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
  [[nodiscard]] SnapshotSize size_of(SnapshotId id) const;
  /// In the order of the catalog, then by netns.
  [[nodiscard]] std::vector<Capture> load_captures(SnapshotId id) const;
  /// The snapshot with the tables named, or with all when `tables` is empty; unknown names are ignored. Tables that a
  /// newer program recorded and this one does not know are left out. Every table is verified against its content sum.
  [[nodiscard]] Snapshot load(SnapshotId id, std::span<const std::string> tables = {}) const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A store opened for writing, created when it is not there.
class StoreWriter {
public:
  /// Throws Error (try_again when the disk is full).
  explicit StoreWriter(const std::string& path);
  ~StoreWriter();
  StoreWriter(StoreWriter&&) noexcept;
  StoreWriter& operator=(StoreWriter&&) noexcept;

  /// Loads what the next snapshot of this host and boot will be compared with; optional, so that it can be done while
  /// the kernel is being read.
  void prepare(const std::string& host, const std::string& machine_id, const std::string& boot_id);

  /// Packs and appends one snapshot in one transaction; durable when it returns. Timers settle on the values before
  /// (settle_timers). Each table needs a capture. A snapshot whose uid is there already is not stored twice. Throws
  /// Error: try_again when another process held the file for 5 s (the message says who) or the disk is full; then
  /// nothing was stored, and the next call starts from the file again. May be called again and again: what the next
  /// snapshot is compared with stays in memory until another process writes to the file. A snapshot that is moved in
  /// gives up each table's memory as soon as it is packed.
  SnapshotId append(Snapshot snapshot);
  /// Sizes of what append() stored last; nothing when the snapshot was there already.
  [[nodiscard]] SnapshotSize appended_size() const;
  /// How long the file system took for the last commit, in ns; 0 before the first.
  [[nodiscard]] std::int64_t last_commit_ns() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hindstat
