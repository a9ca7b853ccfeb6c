// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the neighbours on the links, named "10.0.0.1 dev eth0". Entries come and go with traffic, so that
/// is hidden unless the table is asked for; another link-layer address, and one that became known or is no longer, is
/// said, and louder where a route goes by that neighbour. Another name of the same interface is no change.
[[nodiscard]] TableDiff diff_neighbours(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
