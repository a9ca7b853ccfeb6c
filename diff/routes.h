// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "diff/event.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the routes (diff-semantics 3.5), one event a route however many rows (next hops) it has. Both
/// tables are of spec `routes`; the order of rows does not matter.
[[nodiscard]] std::vector<Event> diff_routes(const ComparedTable& table);

} // namespace hindstat
