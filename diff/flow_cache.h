// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the routing cache of kernels before 3.6. It has no timers, so why an entry is gone is not known.
/// Never counted together with the exceptions of today.
[[nodiscard]] TableDiff diff_flow_cache(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
