// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/selector.h"

namespace hindstat {

/// Which snapshots a command line is about, as it was typed.
struct RangeRequest {
  std::vector<std::string> snapshots; ///< [A] [B], or A..B; "+-DUR" is the window of `around`.
  std::string last;                   ///< --last DUR
  std::string around;                 ///< --around TIME, or "TIME +-DUR" in one.
  std::string window;                 ///< --window DUR: so much before and after `around`.
  std::string host;                   ///< --host NAME: of whom, where a selector does not say it.
  bool each = false;                  ///< --each: step by step.
};

/// Which snapshots are to be compared.
struct RangeSelection {
  /// pair: the two ends, whatever was between. range: everything from one end to the other, all of one host.
  enum class Kind { pair, range };

  Kind kind = Kind::pair;
  bool each = false; ///< Only of a range: each step by itself.
  Selected before;
  Selected after;
  /// Of a range all snapshots of the host from `before` to `after` in the order of time, both included (so at least
  /// one); of a pair the two.
  std::vector<SnapshotEntry> snapshots;
  std::optional<std::int64_t> from_ns; ///< The window asked for (--last, --around), CLOCK_REALTIME; absent otherwise.
  std::optional<std::int64_t> to_ns;
};

/// Finds the snapshots of a request. Two names are a pair, one is a pair with the latest of its host, none the last
/// two; A..B is a range, where B is of A's host and an end that is left out is the first or the latest. --last and
/// --around are a range from the last snapshot at or before the window (where it is not more than two intervals away,
/// else the first in it) to the last one in it. --each makes a range of what would be a pair. Throws Error for what
/// contradicts itself or selects nothing.
[[nodiscard]] RangeSelection select_range(const std::vector<SnapshotEntry>& entries, const RangeRequest& request,
                                          const SelectorOptions& options);

} // namespace hindstat
