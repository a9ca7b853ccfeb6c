// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "tables/rule.h"

namespace hindstat {

using RuleRows = TableBuilder<std::remove_const_t<decltype(rules)>>;

/// Adds the row of one RTM_NEWRULE message's payload. Skipped: another family than `family` (that of multicast routing
/// among them); rejected: a payload whose lengths do not fit together.
[[nodiscard]] Verdict add_rule_message(RuleRows& rows, std::span<const std::byte> payload, int family);

} // namespace hindstat
