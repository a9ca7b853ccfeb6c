// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "diff/diff.h"
#include "diff/side_rows.h"

namespace hindstat {

/// The answer to "what may be compared?" (diff-semantics 3.2), asked before anything is.
struct Gate {
  Comparability comparability;
  std::vector<ComparedTable> tables; ///< In the order of comparability.compared.
  std::vector<Event> events;         ///< About the host itself: rebooted, clock step.
};

/// The snapshots outlive the result. Throws Error when they are of two hosts, or of two network namespaces of one
/// boot. Of a table in `narrowed` only the rows named there take part.
[[nodiscard]] Gate check_comparability(const Snapshot& before, const Snapshot& after, const DiffOptions& options,
                                       std::span<const TouchedRows> narrowed = {});

} // namespace hindstat
