// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the addresses of interfaces (diff-semantics 3.7). An interface with another name keeps its
/// addresses; that the check for duplicates of a new IPv6 address has ended is hidden. Both tables are of spec
/// `addresses`.
[[nodiscard]] TableDiff diff_addresses(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
