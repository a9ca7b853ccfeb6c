// SPDX-License-Identifier: MIT
#include "diff/settings.h"

#include <fmt/format.h>

#include "diff/rows.h"
#include "tables/tcp_metric.h"

namespace hindstat {

namespace {

std::string name_peer(const TcpMetric& row) {
  const std::string peer = format_ip_address(row.destination);
  return row.source ? fmt::format("{} from {}", peer, format_ip_address(*row.source)) : peer;
}

} // namespace

TableDiff diff_sysctls(const ComparedTable& table, const RuleContext& context) {
  TableDiff diff;
  diff.events = diff_rows(table, context.same_boot);
  for (Event& event : diff.events) {
    const bool came = event.before_row < 0;
    const bool went = event.after_row < 0;
    event.spec = &event_spec(came ? "sysctl.added" : went ? "sysctl.removed" : "sysctl.changed");
    if (!came && !went) {
      const EventChange value = event.changed.front();
      event.fields = {{"from", value.from.value_or("")}, {"to", value.to.value_or("")}};
    }
  }
  return diff;
}

TableDiff diff_tcp_metrics(const ComparedTable& table, const RuleContext& context) {
  TableDiff diff;
  diff.events = diff_rows(table, context.same_boot);
  for (Event& event : diff.events) {
    const bool came = event.before_row < 0;
    const bool went = event.after_row < 0;
    event.spec = &event_spec(came ? "tcpmetric.added" : went ? "tcpmetric.removed" : "tcpmetric.changed");
    const Snapshot& side = went ? *context.before : *context.after;
    event.key = name_peer(tcp_metrics.row(*side.find_table(tcp_metrics.name()),
                                          static_cast<std::size_t>(went ? event.before_row : event.after_row)));
  }
  return diff;
}

} // namespace hindstat
