// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tables/table.h"

namespace hindstat {

/// A time in which a host recorded nothing, though it usually does so more often.
struct RecordingGap {
  std::int64_t from_ns = 0; ///< CLOCK_REALTIME of the snapshots around it.
  std::int64_t to_ns = 0;
};

/// When a host recorded. Finds the gaps once, for any number of comparisons.
class RecordingTimes {
public:
  RecordingTimes() = default;
  /// CLOCK_REALTIME of every snapshot of the host, ascending.
  explicit RecordingTimes(std::span<const std::int64_t> recorded_ns);

  /// The median distance of two snapshots; nullopt where there are too few to speak of "usual".
  [[nodiscard]] std::optional<std::int64_t> usual_ns() const {
    return usual_ns_;
  }
  /// The gaps between two moments: more than 5 times the usual distance, and 10 s at least, since a hand that records
  /// twice has no usual one (diff-semantics 3.2).
  [[nodiscard]] std::vector<RecordingGap> gaps_between(std::int64_t from_ns, std::int64_t to_ns) const;

private:
  std::optional<std::int64_t> usual_ns_;
  std::vector<RecordingGap> gaps_;
};

/// Columns that one side's recorder did not have: its cells are null throughout, and those of the other side are not.
/// Columns that may be null count where two versions recorded (`recorders_differ`). Empty where a side has no rows.
/// Both tables have one spec.
[[nodiscard]] std::vector<std::string_view> find_unrecorded_columns(const Table& before, const Table& after,
                                                                    bool recorders_differ);

} // namespace hindstat
