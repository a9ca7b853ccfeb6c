// SPDX-License-Identifier: MIT
#include "diff/groups.h"

#include <fmt/format.h>

#include "diff/interface_rows.h"
#include "diff/row_events.h"
#include "diff/rows.h"
#include "tables/multicast_group.h"

namespace hindstat {

namespace {

MulticastGroup row_of(const Table& table, std::uint32_t row) {
  return multicast_groups.row(table, row);
}

// "239.1.2.3 dev eth0"
Event with_key(Event event, const MulticastGroup& row) {
  event.key = fmt::format("{} dev {}", format_ip_address(row.group), row.interface);
  return event;
}

} // namespace

TableDiff diff_multicast_groups(const ComparedTable& table, const RuleContext& context) {
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  const RowEvents rows(table);
  RowMatch match = match_rows(table, context.same_boot);
  std::vector<RowPair> stayed = pair_renamed<MulticastGroup>(match, before, after, context.renames, row_of,
                                                             [](const MulticastGroup& row) { return row.group; });
  stayed.insert(stayed.end(), match.changed.begin(), match.changed.end());
  TableDiff diff;
  for (const RowPair& pair : stayed) {
    Event event = rows.changed("mcast.users", pair);
    if (rows.add_change(event, multicast_groups.index_of<&MulticastGroup::users>(), pair)) {
      const EventChange& users = event.changed.front();
      event.fields = {{"from", users.from.value_or("")}, {"to", users.to.value_or("")}};
      diff.events.push_back(with_key(std::move(event), row_of(after, pair.after)));
    }
  }
  for (const std::uint32_t row : match.removed) {
    diff.events.push_back(with_key(rows.removed("mcast.left", row), row_of(before, row)));
  }
  for (const std::uint32_t row : match.added) {
    diff.events.push_back(with_key(rows.added("mcast.joined", row), row_of(after, row)));
  }
  return diff;
}

TableDiff diff_link_groups(const ComparedTable& table, const RuleContext& context) {
  TableDiff diff;
  diff.events = diff_rows(table, context.same_boot);
  for (Event& event : diff.events) {
    event.spec = &event_spec(event.before_row < 0  ? "mcast.link_joined"
                             : event.after_row < 0 ? "mcast.link_left"
                                                   : "mcast.link_users");
  }
  return diff;
}

} // namespace hindstat
