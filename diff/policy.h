// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "diff/rule_context.h"
#include "diff/side_rows.h"
#include "tables/rule.h"

namespace hindstat {

/// A rule as ip-rule(8) prints it: "500: from 10.9.9.9 fwmark 0x10 lookup 300".
[[nodiscard]] std::string format_rule(const Rule& rule);

/// What happened to the rules of policy routing. One with the same selectors and another priority was moved.
[[nodiscard]] TableDiff diff_rules(const ComparedTable& table, const RuleContext& context);

/// What happened to nexthop objects. Another name of the same interface is no change.
[[nodiscard]] TableDiff diff_nexthops(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
