// SPDX-License-Identifier: MIT
#include "diff/flow_cache.h"

#include <fmt/format.h>

#include "diff/cache_churn.h"
#include "diff/rows.h"
#include "tables/route_cache.h"

namespace hindstat {

namespace {

// "10.0.0.9 > 192.0.2.1 dev eth0"
std::string name_decision(const RouteCacheEntry& row) {
  std::string text = fmt::format("{} > {}", format_ip_address(row.source), format_ip_address(row.destination));
  text += row.interface ? fmt::format(" dev {}", *row.interface) : "";
  return row.tos.value_or(0) == 0 ? text : fmt::format("{} tos {:#x}", text, *row.tos);
}

} // namespace

TableDiff diff_flow_cache(const ComparedTable& table, const RuleContext& context) {
  TableDiff diff;
  CacheChurn churn(table.before.table(), table.after.table());
  diff.events = diff_rows(table, context.same_boot);
  for (Event& event : diff.events) {
    const bool gone = event.after_row < 0;
    const Snapshot& side = gone ? *context.before : *context.after;
    const auto row = static_cast<std::size_t>(gone ? event.before_row : event.after_row);
    event.key = name_decision(route_cache_entries.row(*side.find_table(route_cache_entries.name()), row));
    if (gone || event.before_row < 0) {
      event.spec = &event_spec(gone ? "flowcache.removed" : "flowcache.created");
      churn.count(event, gone ? &CacheChurn::Numbers::removed : &CacheChurn::Numbers::created);
    } else {
      event.spec = &event_spec("flowcache.changed");
    }
  }
  churn.add_to(diff, "flowcache.churn", context);
  return diff;
}

} // namespace hindstat
