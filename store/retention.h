// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>

#include "store/limits.h"

namespace hindstat {

/// What pruning did, or would do.
struct PruneReport {
  std::uint64_t expired = 0;      ///< Snapshots older than keep.
  std::uint64_t thinned = 0;      ///< Snapshots between those that thinning keeps.
  std::uint64_t for_size = 0;     ///< Snapshots that went for max_bytes; of a plan: about so many.
  std::uint64_t pinned = 0;       ///< Snapshots that stay only because they are pinned.
  std::int64_t first_ns = 0;      ///< CLOCK_REALTIME of the oldest and
  std::int64_t last_ns = 0;       ///< of the newest that went.
  std::uint64_t bytes_before = 0; ///< Of the file.
  std::uint64_t bytes_after = 0;  ///< Of the file; of a plan: about.
  bool is_too_large = false;      ///< What stays (pinned snapshots, the newest one) is more than max_bytes.
  bool is_partial = false;        ///< The bound was reached: the next run goes on.

  [[nodiscard]] std::uint64_t snapshots() const {
    return expired + thinned + for_size;
  }
};

/// How much one run may do.
struct PruneBound {
  std::uint64_t snapshots = ~std::uint64_t{0}; ///< That are too old or between those that thinning keeps.
  std::uint64_t for_size = ~std::uint64_t{0};  ///< For max_bytes, less those.
  std::uint64_t pages = ~std::uint64_t{0};     ///< Given back to the file system.
};
/// Bytes of a database: its pages, and those of them that hold nothing.
struct FileSize {
  std::uint64_t bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t page_size = 0;
};
[[nodiscard]] FileSize load_file_size(SQLite::Database& database);

/// Removes snapshots by limits, oldest first, and gives the space back. Pinned snapshots stay, and for max_bytes the
/// newest one does.
class Retention {
public:
  /// `database` must outlive this; `path` is its file.
  Retention(SQLite::Database& database, std::string path) : database_(&database), path_(std::move(path)) {
  }

  /// Reads only. Throws Error when a pin is damaged: nobody knows then what it holds.
  [[nodiscard]] PruneReport plan(const Limits& limits, std::int64_t now_ns);
  /// In transactions of its own; none may be open. What has a state of the file must forget it when anything went.
  PruneReport run(const Limits& limits, std::int64_t now_ns, const PruneBound& bound);
  /// run() before a recording that may bring `expected` bytes, where it is time: a bounded part, and for max_bytes
  /// somewhat more than is needed, so that it is not time again at once. A file below max_bytes stays below.
  PruneReport run_beside_recording(const Limits& limits, std::int64_t now_ns, std::uint64_t expected);

private:
  struct Candidate {
    std::int64_t id = 0;
    std::int64_t host_id = 0;
    std::int64_t realtime_ns = 0;
    bool pinned = false;
  };
  struct Plan {
    std::vector<Candidate> expired; // Oldest first, all of them.
    std::vector<Candidate> thinned;
    std::vector<Candidate> rest;
    PruneReport report;
  };

  class Freed;

  [[nodiscard]] std::uint64_t foreseen_growth(std::uint64_t expected);
  [[nodiscard]] bool is_due(const Limits& limits, std::int64_t now_ns, std::uint64_t growth);
  [[nodiscard]] std::vector<Candidate> load_candidates();
  [[nodiscard]] Plan make_plan(const Limits& limits, std::int64_t now_ns);
  [[nodiscard]] std::uint64_t remove(const std::vector<Candidate>& candidates, std::string_view reason,
                                     std::int64_t now_ns, std::uint64_t most, PruneReport& report);
  void remove_for_size(const Plan& plan, std::uint64_t max_bytes, std::int64_t now_ns, std::uint64_t most,
                       PruneReport& report);
  void remove_batch(const std::set<std::int64_t>& ids, std::string_view reason, std::int64_t now_ns);
  bool vacuum(std::uint64_t most_pages);

  SQLite::Database* database_;
  std::string path_;
};

} // namespace hindstat
