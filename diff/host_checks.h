// SPDX-License-Identifier: MIT
#pragma once

#include "diff/comparability.h"

namespace hindstat {

/// The part of the gate that asks no table: host, boot, clocks, network namespace, who recorded, gaps in the recording.
/// Without tables. Throws Error as check_comparability() does. The snapshots outlive the result.
[[nodiscard]] Gate check_hosts(const Snapshot& before, const Snapshot& after, const DiffOptions& options);

} // namespace hindstat
