// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the routes (diff-semantics 3.5), one event a route however many rows (next hops) it has; what its
/// next hops' links did is an event of its own. Another name of the same interface is no change. Both tables are of
/// spec `routes`; the order of rows does not matter.
[[nodiscard]] TableDiff diff_routes(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
