// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the settings of the kernel, each named as sysctl(8) does. One that comes or goes came or went with
/// a module of the kernel.
[[nodiscard]] TableDiff diff_sysctls(const ComparedTable& table, const RuleContext& context);

/// What happened to what TCP remembers of peers: hidden unless the table is asked for, because each connection that
/// closes changes it.
[[nodiscard]] TableDiff diff_tcp_metrics(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
