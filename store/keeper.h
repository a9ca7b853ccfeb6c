// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "store/limits.h"
#include "store/notes.h"
#include "store/retention.h"
#include "store/store.h"

namespace hindstat {

/// A store that is there, opened by whoever looks after it. While it lives no Store of the same file may close in this
/// process (Connection says why). All methods throw Error with the path: try_again when another process held the file
/// for 5 s or the disk is full.
class StoreKeeper {
public:
  /// Throws Error when the file is absent, not a hindstat store, damaged, or newer than this program.
  explicit StoreKeeper(const std::string& path);
  ~StoreKeeper();
  StoreKeeper(StoreKeeper&&) noexcept;
  StoreKeeper& operator=(StoreKeeper&&) noexcept;

  /// Pins all of them, or none when one is not there; a snapshot that is pinned gets the new note.
  void pin(std::span<const SnapshotId> ids, const std::string& note, std::int64_t now_ns);
  /// Returns how many were pinned.
  std::uint64_t unpin(std::span<const SnapshotId> ids);
  /// The same mark again changes nothing.
  void mark(const Mark& mark);
  /// What recording prunes to from now on; empty: it no longer does.
  void set_limits(const Limits& limits);
  /// What set_limits() was told.
  [[nodiscard]] Limits limits();
  PruneReport prune(const Limits& limits, std::int64_t now_ns);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace hindstat
