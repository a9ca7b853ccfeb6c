// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "diff/diff.h"

namespace hindstat {

/// How many of the TCP connections that the kernel counted (ActiveOpens - AttemptFails + PassiveOpens, both ends of
/// one within the namespace) the snapshots saw opening, by namespace. Empty where that cannot be known: another boot,
/// a table that is missing or partial, counters that started again; and where nothing was opened. `events` are those
/// of table socket, none left out.
[[nodiscard]] std::vector<OpenCoverage> measure_coverage(std::span<const Event> events, const Snapshot& before,
                                                         const Snapshot& after, bool same_boot);

/// What else the kernel counted more of than `events` (those of table socket) tell, by namespace: EstabResets and
/// AttemptFails of Tcp. Empty where measure_coverage() cannot know, either.
[[nodiscard]] std::vector<Unseen> find_unseen(std::span<const Event> events, const Snapshot& before,
                                              const Snapshot& after, bool same_boot);

} // namespace hindstat
