// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tables/snapshot.h"

namespace hindstat {

/// Any table as aligned columns with its name in front, rows ordered by key; columns that are empty in every row are
/// left out. A table that was not collected says so and why. Terminal-safe.
[[nodiscard]] std::string format_table(const Snapshot& snapshot, const std::string& name);

} // namespace hindstat
