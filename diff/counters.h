// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What the counters of the protocols counted (diff-semantics 3.8): stat.errors for what went wrong, stat.counted for
/// the rest, each with its rate by the time between the two readings of this table; one stat.reset a namespace where
/// counters fell; stat.changed for settings, stat.level for levels. Both tables are of spec `protocol_counters`.
[[nodiscard]] TableDiff diff_protocol_counters(const ComparedTable& table, const RuleContext& context);

/// stat.level for the levels that moved by more than noise. Both tables are of spec `socket_statistics`.
[[nodiscard]] TableDiff diff_socket_statistics(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
