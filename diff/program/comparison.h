// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/filters.h"
#include "diff/diff.h"
#include "diff/output.h"
#include "diff/program/options.h"
#include "store/store.h"

namespace hindstat {

/// What a command line compares of two snapshots, whichever they are: tables, namespaces, filters. To be used by
/// several threads at once.
class Comparison {
public:
  /// Throws Error for names and conditions that are none.
  explicit Comparison(const DiffCommand& command);

  /// The tables to load; all when empty.
  [[nodiscard]] const std::vector<std::string>& loaded_tables() const {
    return loaded_;
  }
  /// When snapshots of the host were recorded, for finding gaps.
  void set_recorded(RecordingTimes recorded) {
    options_.recorded = std::move(recorded);
  }

  /// What happened, as far as the filters let it through. `labels` has the two snapshots, and takes the number of
  /// events that were filtered out; the rest is as for diff_step(). Where namespaces are chosen the snapshots that
  /// labels have are replaced by views of them, which live in `views`.
  [[nodiscard]] Diff compare(DiffLabels& labels, std::span<const TouchedRows> touched, DiffMemory& memory,
                             std::vector<Snapshot>& views) const;

private:
  void keep_where(Diff& diff, const DiffLabels& labels) const;

  const DiffCommand& command_;
  TableChoice choice_;
  Filter filter_;
  DiffOptions options_;
  std::vector<std::string> loaded_;
};

/// Marks of the host of `info` between two moments.
[[nodiscard]] std::vector<DiffMark> find_marks(const StoreNotes& notes, const SnapshotInfo& info, std::int64_t from_ns,
                                               std::int64_t to_ns);

} // namespace hindstat
