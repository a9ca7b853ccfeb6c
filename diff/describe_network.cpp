// SPDX-License-Identifier: MIT
// The words for routes' links, cached routes, flows, neighbours, rules, nexthops and settings.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "diff/describe_parts.h"

namespace hindstat {

namespace {

std::string format_steps(const Event& event) {
  const auto value = [&](std::string_view name) {
    const std::string text = field(event, name);
    return text.empty() ? "-" : text;
  };
  return fmt::format("{} -> {}", value("from"), value("to"));
}

// The only value that the row has.
std::string describe_value(const Event& event) {
  const EventChange change = event.changed.empty() ? EventChange{} : event.changed.front();
  return change.to.value_or(change.from.value_or(""));
}

std::string describe_route_state(const Event& event) {
  const auto state = [&](std::string_view name) {
    const std::string value = field(event, name);
    return value.empty() ? "usable" : value;
  };
  std::string text = field(event, "hops");
  append(text, fmt::format("{} -> {}", state("from"), state("to")));
  append(text, has_flag(event, "default_lost")      ? "DEFAULT ROUTE LOST"
               : has_flag(event, "default_changed") ? "DEFAULT ROUTE CHANGED"
               : has_flag(event, "best_changed")    ? "best route changed"
                                                    : "");
  return text;
}

// What was learned of a destination.
std::string describe_learned(const Event& event) {
  const std::string mtu = field(event, "mtu");
  const std::string gateway = field(event, "gateway");
  std::string text = mtu.empty() ? "" : "path MTU " + mtu;
  append(text, gateway.empty() ? "" : "redirected to " + gateway);
  append(text, event.spec->name == "cache.created" ? "" : std::string(event.spec->name.substr(6)));
  return text;
}

std::string describe_old_new(const Event& event) {
  const std::string before = field(event, "old");
  std::string text = fmt::format("{} -> {}", before.empty() ? "-" : before, field(event, "new"));
  const std::string next_hop = field(event, "next_hop_of");
  append(text, next_hop.empty() ? "" : "next hop of " + next_hop);
  return text;
}

std::string describe_churn(const Event& event) {
  std::string text = fmt::format("{} created, {} removed", field(event, "created"), field(event, "removed"));
  const std::string refreshed = field(event, "refreshed");
  const std::string rate = field(event, "per_minute");
  append(text, refreshed.empty() ? "" : refreshed + " refreshed");
  append(text, rate.empty() ? "" : rate + " a minute");
  append(text, "turnover " + field(event, "turnover"));
  return text;
}

// "masqueraded as 203.0.113.5:40000, served by 10.0.0.80:8443"
std::string describe_mapping(const Event& event) {
  const std::string source = field(event, "masqueraded_as");
  const std::string server = field(event, "served_by");
  std::string text = source.empty() ? "" : "masqueraded as " + source;
  append(text, server.empty() ? "" : "served by " + server);
  return text;
}

std::string describe_flow(const Event& event) {
  std::string text = event.spec->name.ends_with("recycled") ? "recycled" : "";
  append(text, field(event, "state"));
  append(text, describe_mapping(event));
  return text;
}

std::string describe_flow_step(const Event& event) {
  const std::string to = field(event, "to");
  const std::string_view what = event.spec->name.substr(event.spec->name.find('.') + 1);
  std::string text = to.empty() ? "" : fmt::format("{} -> {}", field(event, "from"), to);
  append(text, what == "replied" || what == "assured" ? std::string(what) : "");
  for (const EventChange& change : event.changed) {
    append(text, change.column == "state" || change.column == "flags" ? "" : format_change(change));
  }
  return text;
}

std::string describe_flow_end(const Event& event) {
  const std::string how = field(event, "how");
  std::string text = how == "timed_out" ? "timed out" : how == "early" ? "ended early" : how.empty() ? "gone" : how;
  const std::string state = field(event, "state");
  append(text, state.empty() ? "" : "was " + state);
  append(text, describe_mapping(event));
  return text;
}

std::string describe_port_moved(const Event& event) {
  return fmt::format("was of {}", field(event, "old"));
}

std::string describe_neighbour(const Event& event) {
  std::string text = fmt::format("{} -> {}", field(event, "from"), field(event, "to"));
  const std::string next_hop = field(event, "next_hop_of");
  append(text, next_hop.empty() ? "" : "next hop of " + next_hop);
  return text;
}

std::string describe_nexthop(const Event& event) {
  std::string text;
  for (const EventChange& change : event.changed) {
    const std::string value = (event.after_row < 0 ? change.from : change.to).value_or("");
    const bool usual = value.empty() || value == "no" || change.column == "family" || change.column == "protocol"
                       || change.column == "scope" || change.column == "group_type";
    append(text, usual ? "" : fmt::format("{} {}", change.column, value));
  }
  return text;
}

struct Words {
  std::string_view name;
  std::string (*describe)(const Event&);
};

constexpr std::array words{
  Words{"route.state", describe_route_state},
  Words{"cache.created", describe_learned},
  Words{"cache.refreshed", describe_learned},
  Words{"cache.expired", describe_learned},
  Words{"cache.flushed", describe_learned},
  Words{"cache.evicted", describe_learned},
  Words{"cache.pmtu", [](const Event& e) { return fmt::format("path MTU {}", describe_old_new(e)); }},
  Words{"cache.redirect", [](const Event& e) { return fmt::format("gateway {}", describe_old_new(e)); }},
  Words{"cache.churn", describe_churn},
  Words{"flowcache.churn", describe_churn},
  Words{"nat.created", describe_flow},
  Words{"nat.recycled", describe_flow},
  Words{"nat.replied", describe_flow_step},
  Words{"nat.assured", describe_flow_step},
  Words{"nat.state", describe_flow_step},
  Words{"nat.changed", format_changes},
  Words{"nat.rewritten", describe_old_new},
  Words{"nat.port_moved", describe_port_moved},
  Words{"nat.destroyed", describe_flow_end},
  Words{"flow.created", describe_flow},
  Words{"flow.recycled", describe_flow},
  Words{"flow.replied", describe_flow_step},
  Words{"flow.assured", describe_flow_step},
  Words{"flow.state", describe_flow_step},
  Words{"flow.destroyed", describe_flow_end},
  Words{"neigh.mac", describe_old_new},
  Words{"neigh.state", describe_neighbour},
  Words{"neigh.probed", describe_neighbour},
  Words{"neigh.router", format_steps},
  Words{"neigh.added", [](const Event& e) { return field(e, "link_address"); }},
  Words{"neigh.removed", [](const Event& e) { return field(e, "link_address"); }},
  Words{"rule.added", [](const Event&) { return std::string(); }},
  Words{"rule.removed", [](const Event&) { return std::string(); }},
  Words{"rule.moved", [](const Event& e) { return fmt::format("priority {}", format_steps(e)); }},
  Words{"rule.state", format_steps},
  Words{"nexthop.added", describe_nexthop},
  Words{"nexthop.removed", describe_nexthop},
  Words{"nexthop.state", format_steps},
  Words{"sysctl.added", describe_value},
  Words{"sysctl.removed", describe_value},
  Words{"sysctl.changed", format_steps},
};

} // namespace

std::optional<std::string> describe_network_event(const Event& event) {
  const auto* known = std::ranges::find(words, event.spec->name, &Words::name);
  return known == words.end() ? std::nullopt : std::optional(known->describe(event));
}

} // namespace hindstat
