// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.h"
#include "cli/range_selection.h"
#include "diff/program/comparison.h"
#include "diff/program/options.h"

namespace hindstat {

/// Goes through a range of snapshots step by step and prints what happened. Throws Error.
[[nodiscard]] ExitCode run_range(const DiffCommand& command, const Comparison& comparison, const Store& store,
                                 const RangeSelection& selection);

} // namespace hindstat
