// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to what was learned about single destinations, today's routing cache (diff-semantics 3.6). Its timers
/// tell what expired; what was forgotten earlier was flushed when the route that it is of changed meanwhile, or when at
/// least four fifths of all that should have stayed in that namespace and family are gone, else it was evicted. Across
/// boots nothing is forgotten: all began anew, and a note says so.
[[nodiscard]] TableDiff diff_route_exceptions(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
