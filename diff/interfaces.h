// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the network interfaces (diff-semantics 3.7): one event for each thing that was done. What the
/// carrier did when an interface was set up or down belongs to that. Both tables are of spec `interfaces`.
[[nodiscard]] TableDiff diff_interfaces(const ComparedTable& table, const RuleContext& context);

/// The interfaces that have another name in B, by their index; none across boots.
[[nodiscard]] InterfaceRenames find_renames(const ComparedTable& table, bool same_boot);

} // namespace hindstat
