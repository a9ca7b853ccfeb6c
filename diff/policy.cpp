// SPDX-License-Identifier: MIT
// Policy routing: rules, named as ip-rule(8) prints them, and the nexthop objects that routes refer to.
#include "diff/policy.h"

#include <fmt/format.h>

#include <tuple>

#include "diff/interface_rows.h"
#include "diff/route_object.h"
#include "diff/row_events.h"
#include "tables/format.h"
#include "tables/nexthop.h"

namespace hindstat {

namespace {

std::string format_range(std::uint64_t first, std::uint64_t last) {
  return first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
}

std::string format_selectors(const Rule& rule) {
  std::string text = rule.flags.has(RuleFlag::inverted) ? "not from " : "from ";
  text += rule.source && rule.source_length != 0 ? format_prefix(*rule.source, rule.source_length) : "all";
  const auto add = [&](std::string_view word, const std::string& value) {
    text += fmt::format(" {}{}{}", word, value.empty() ? "" : " ", value);
  };
  if (rule.destination && rule.destination_length != 0) {
    add("to", format_prefix(*rule.destination, rule.destination_length));
  }
  if (rule.tos != 0) {
    add("tos", fmt::format("{:#x}", rule.tos));
  }
  if (rule.mark || rule.mark_mask) {
    const bool whole = rule.mark_mask.value_or(~0U) == ~0U;
    add("fwmark", fmt::format("{:#x}{}", rule.mark.value_or(0), whole ? "" : fmt::format("/{:#x}", *rule.mark_mask)));
  }
  if (rule.in_interface) {
    add("iif", *rule.in_interface);
  }
  if (rule.out_interface) {
    add("oif", *rule.out_interface);
  }
  if (rule.first_uid || rule.last_uid) {
    add("uidrange", fmt::format("{}-{}", rule.first_uid.value_or(0), rule.last_uid.value_or(~0U)));
  }
  if (rule.ip_protocol) {
    add("ipproto", fmt::format("{}", *rule.ip_protocol));
  }
  if (rule.first_source_port) {
    add("sport", format_range(*rule.first_source_port, rule.last_source_port.value_or(*rule.first_source_port)));
  }
  if (rule.first_destination_port) {
    add("dport",
        format_range(*rule.first_destination_port, rule.last_destination_port.value_or(*rule.first_destination_port)));
  }
  if (rule.tunnel_id) {
    add("tun_id", fmt::format("{}", *rule.tunnel_id));
  }
  if (rule.dscp) {
    add("dscp", fmt::format("{}", *rule.dscp));
  }
  return text;
}

std::string format_action(const Rule& rule) {
  if (rule.l3_master) {
    return "lookup [l3mdev-table]";
  }
  switch (rule.action) {
    case RuleAction::look_up:
      return fmt::format("lookup {}", rule.table ? format_route_table(*rule.table) : "-");
    case RuleAction::go_to:
      return fmt::format("goto {}", rule.goto_priority.value_or(0));
    default:
      return format_enum(NamesOf<RuleAction>::values, static_cast<std::uint8_t>(rule.action));
  }
}

Rule rule_of(const Table& table, std::uint32_t row) {
  return rules.row(table, row);
}

// All that a rule is but its priority, as one ordered value.
auto selectors_of(const Rule& rule) {
  return std::tuple(rule.netns, rule.family, rule.tunnel_id, format_selectors(rule), format_action(rule));
}

Nexthop nexthop_of(const Table& table, std::uint32_t row) {
  return nexthops.row(table, row);
}

// The columns of a role that differ, without those named.
void add_changes(Event& event, const RowEvents& rows, std::span<const ColumnSpec> columns, RowPair pair, Role role,
                 std::size_t without) {
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (columns[column].role == role && column != without) {
      rows.add_change(event, column, pair);
    }
  }
}

void add_steps(Event& event) {
  const EventChange change = event.changed.front();
  event.fields = {{"from", change.from.value_or("")}, {"to", change.to.value_or("")}};
}

} // namespace

std::string format_rule(const Rule& rule) {
  return fmt::format("{}: {} {}", rule.priority, format_selectors(rule), format_action(rule));
}

TableDiff diff_rules(const ComparedTable& table, const RuleContext& context) {
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  const RowEvents rows(table);
  TableDiff diff;
  const auto add = [&](Event event, const Rule& rule) {
    event.key = format_rule(rule) + (rule.family == IpFamily::ipv6 ? " (IPv6)" : "");
    diff.events.push_back(std::move(event));
  };
  RowMatch match = match_rows(table, context.same_boot);
  for (const RowPair& pair : match.changed) {
    Event changed = rows.changed("rule.changed", pair);
    add_changes(changed, rows, before.spec().columns, pair, Role::attribute, before.spec().columns.size());
    if (!changed.changed.empty()) {
      add(std::move(changed), rule_of(after, pair.after));
    }
    Event state = rows.changed("rule.state", pair);
    if (rows.add_change(state, rules.index_of<&Rule::flags>(), pair)) {
      add_steps(state);
      add(std::move(state), rule_of(after, pair.after));
    }
  }
  for (const RowPair& pair : pair_single(match, before, after, rule_of, selectors_of)) {
    Event event = rows.changed("rule.moved", pair);
    event.fields = {{"from", fmt::format("{}", rule_of(before, pair.before).priority)},
                    {"to", fmt::format("{}", rule_of(after, pair.after).priority)}};
    add(std::move(event), rule_of(after, pair.after));
  }
  // What a rule says is its key: only who made it and the like is left.
  const auto without_key = [](Event event) {
    std::erase_if(event.changed, [](const EventChange& change) {
      return change.column == "action" || change.column == "table" || change.column == "goto_priority"
             || (change.column == "flags" && change.to.value_or("").empty() && change.from.value_or("").empty());
    });
    return event;
  };
  for (const std::uint32_t row : match.removed) {
    add(without_key(rows.removed("rule.removed", row)), rule_of(before, row));
  }
  for (const std::uint32_t row : match.added) {
    add(without_key(rows.added("rule.added", row)), rule_of(after, row));
  }
  return diff;
}

TableDiff diff_nexthops(const ComparedTable& table, const RuleContext& context) {
  constexpr std::size_t interface = nexthops.index_of<&Nexthop::interface>();
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  const RowEvents rows(table);
  TableDiff diff;
  const auto add = [&](Event event, const Nexthop& row) {
    event.key = fmt::format("nexthop {}", row.id);
    diff.events.push_back(std::move(event));
  };
  const RowMatch match = match_rows(table, context.same_boot);
  for (const RowPair& pair : match.changed) {
    const Nexthop a = nexthop_of(before, pair.before);
    const Nexthop b = nexthop_of(after, pair.after);
    const auto renamed = context.renames.find({a.netns, a.interface.value_or("")});
    const bool same_interface = renamed != context.renames.end() && b.interface == renamed->second;
    Event changed = rows.changed("nexthop.changed", pair);
    add_changes(changed, rows, before.spec().columns, pair, Role::attribute,
                same_interface ? interface : before.spec().columns.size());
    if (!changed.changed.empty()) {
      add(std::move(changed), b);
    }
    Event state = rows.changed("nexthop.state", pair);
    if (rows.add_change(state, nexthops.index_of<&Nexthop::flags>(), pair)) {
      add_steps(state);
      add(std::move(state), b);
    }
  }
  for (const std::uint32_t row : match.removed) {
    add(rows.removed("nexthop.removed", row), nexthop_of(before, row));
  }
  for (const std::uint32_t row : match.added) {
    add(rows.added("nexthop.added", row), nexthop_of(after, row));
  }
  return diff;
}

} // namespace hindstat
