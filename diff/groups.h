// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// Which multicast groups interfaces joined and left (diff-semantics 3.9). Both tables are of spec `multicast_groups`.
[[nodiscard]] TableDiff diff_multicast_groups(const ComparedTable& table, const RuleContext& context);

/// Which link-layer groups came and went: mostly what those of IP need, so shown when the table is asked for by name.
/// Both tables are of spec `link_groups`.
[[nodiscard]] TableDiff diff_link_groups(const ComparedTable& table, const RuleContext& context);

/// What happened to the sources that members of groups name. Another name of the same interface is no change.
[[nodiscard]] TableDiff diff_multicast_sources(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
