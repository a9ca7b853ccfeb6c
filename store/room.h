// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/retention.h"

namespace hindstat {

/// Room for the next recording: what the store's limits give up goes before what is new comes, because SQLite cannot
/// delete its way out of a full disk.
class Room {
public:
  /// `database` must outlive this; `path` is its file.
  Room(SQLite::Database& database, std::string path) : database_(&database), path_(std::move(path)) {
  }

  /// Prunes as the store is told to: a bounded part of what is due, and all of it when there is no room for `expected`
  /// bytes. What cannot be removed is trouble(), and no reason not to record; throws only when the store is busy. True
  /// when the file may have changed.
  bool make(std::int64_t now_ns, std::uint64_t expected);
  /// What make() removed last.
  [[nodiscard]] const PruneReport& pruned() const {
    return pruned_;
  }
  /// A sentence when make() could not do its work; empty when it could.
  [[nodiscard]] const std::string& trouble() const {
    return trouble_;
  }

  /// Throws Error, without the path, try_again, unless the file may grow by `expected` bytes and a reserve is left.
  void require(std::uint64_t expected);

private:
  [[nodiscard]] std::int64_t believed_now(std::int64_t now_ns);
  [[nodiscard]] std::uint64_t missing_bytes(std::uint64_t expected);

  SQLite::Database* database_;
  std::string path_;
  PruneReport pruned_;
  std::string trouble_;
};

} // namespace hindstat
