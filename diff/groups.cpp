// SPDX-License-Identifier: MIT
#include "diff/groups.h"

#include <fmt/format.h>

#include "diff/interface_rows.h"
#include "diff/row_events.h"
#include "diff/rows.h"
#include "tables/multicast_group.h"
#include "tables/multicast_source.h"

namespace hindstat {

namespace {

MulticastGroup row_of(const Table& table, std::uint32_t row) {
  return multicast_groups.row(table, row);
}

MulticastSource source_of(const Table& table, std::uint32_t row) {
  return multicast_sources.row(table, row);
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

TableDiff diff_multicast_sources(const ComparedTable& table, const RuleContext& context) {
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  const RowEvents rows(table);
  TableDiff diff;
  const auto add = [&](Event event, const MulticastSource& row) {
    event.key =
      fmt::format("{} from {} dev {}", format_ip_address(row.group), format_ip_address(row.source), row.interface);
    diff.events.push_back(std::move(event));
  };
  RowMatch match = match_rows(table, context.same_boot);
  std::vector<RowPair> stayed =
    pair_renamed<MulticastSource>(match, before, after, context.renames, source_of,
                                  [](const MulticastSource& row) { return std::pair(row.group, row.source); });
  stayed.insert(stayed.end(), match.changed.begin(), match.changed.end());
  for (const RowPair& pair : stayed) {
    Event event = rows.changed("mcast.source_users", pair);
    rows.add_change(event, multicast_sources.index_of<&MulticastSource::including>(), pair);
    rows.add_change(event, multicast_sources.index_of<&MulticastSource::excluding>(), pair);
    if (!event.changed.empty()) {
      add(std::move(event), source_of(after, pair.after));
    }
  }
  for (const std::uint32_t row : match.removed) {
    add(rows.removed("mcast.source_removed", row), source_of(before, row));
  }
  for (const std::uint32_t row : match.added) {
    add(rows.added("mcast.source_added", row), source_of(after, row));
  }
  return diff;
}

} // namespace hindstat
