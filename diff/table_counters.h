// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What connection tracking counted, named "conntrack insert_failed": stat.errors for flows that were refused or
/// dropped, stat.counted for the rest, stat.level for how many there are.
[[nodiscard]] TableDiff diff_conntrack_statistics(const ComparedTable& table, const RuleContext& context);

/// What the caches of routes and neighbours counted, named "rt_cache in_slow_tot": stat.errors where a table was full,
/// stat.counted for the rest. They are sums over the CPUs, each of which counts in 32 bits.
[[nodiscard]] TableDiff diff_table_statistics(const ComparedTable& table, const RuleContext& context);

/// What interfaces counted of IPv6, named "Ip6InReceives dev eth0": only ever stat.counted, because what went wrong is
/// in table protocol_counter already. A counter that comes or goes does so with its interface or its first count, and
/// one that starts again does with its interface.
[[nodiscard]] TableDiff diff_interface_counters6(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
