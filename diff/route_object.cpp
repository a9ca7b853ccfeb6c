// SPDX-License-Identifier: MIT
#include "diff/route_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tables/format.h"

namespace hindstat {

namespace {

constexpr std::uint32_t table_default = 253;
constexpr std::uint32_t table_main = 254;
constexpr std::uint32_t table_local = 255;

} // namespace

RouteGroup make_route_group(const Table& table, const std::vector<std::uint32_t>& rows,
                            const InterfaceRenames& renames) {
  std::map<std::pair<std::uint32_t, RouteType>, std::vector<std::pair<NextHop, std::uint32_t>>> hops;
  std::map<std::pair<std::uint32_t, RouteType>, bool> usable;
  for (const std::uint32_t row : rows) {
    Route route = routes.row(table, row);
    if (const auto renamed = renames.find({route.netns, route.interface.value_or("")}); renamed != renames.end()) {
      route.interface = renamed->second;
    }
    const std::pair name(route.metric, route.type);
    hops[name].emplace_back(
      NextHop{route.gateway, route.interface, route.weight, route.nexthop_id, route.flags.has(RouteFlag::onlink)}, row);
    usable[name] = usable[name] || !route.flags.has(RouteFlag::dead);
  }
  RouteGroup group;
  for (auto& [name, found] : hops) {
    std::ranges::sort(found, [&](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : Table::compare_rows(table, a.second, table, b.second) < 0;
    });
    RouteObject object{name.first, name.second, {}, {}, usable[name]};
    for (auto& [hop, row] : found) {
      object.hops.push_back(std::move(hop));
      object.rows.push_back(row);
    }
    group.push_back(std::move(object));
  }
  return group;
}

const RouteObject* find_best(const RouteGroup& group) {
  const auto it = std::ranges::find_if(group, &RouteObject::usable);
  return it == group.end() ? nullptr : &*it;
}

std::string format_prefix(const IpAddress& address, std::uint8_t length) {
  const std::uint8_t whole = address.is_v4() ? 32 : 128;
  return length == whole ? format_ip_address(address) : fmt::format("{}/{}", format_ip_address(address), length);
}

std::string format_route_table(std::uint32_t table) {
  switch (table) {
    case table_default:
      return "default";
    case table_main:
      return "main";
    case table_local:
      return "local";
    default:
      return fmt::format("{}", table);
  }
}

std::string format_route_prefix(const Route& route) {
  std::string text = route.prefix_length != 0    ? format_prefix(route.destination, route.prefix_length)
                     : route.destination.is_v4() ? "default"
                                                 : "default (IPv6)";
  if (route.source && (route.source_prefix_length != 0 || !route.source->is_unspecified())) {
    text += fmt::format(" from {}", format_prefix(*route.source, route.source_prefix_length));
  }
  if (route.tos != 0) {
    text += fmt::format(" tos {:#x}", route.tos);
  }
  if (route.table != table_main) {
    text += fmt::format(" table {}", format_route_table(route.table));
  }
  return text;
}

std::string format_route(const Route& route) {
  std::string text = format_route_prefix(route);
  if (route.type != RouteType::unicast) {
    text = fmt::format("{} {}", format_enum(NamesOf<RouteType>::values, static_cast<std::uint8_t>(route.type)), text);
  }
  return route.metric == 0 ? text : fmt::format("{} metric {}", text, route.metric);
}

std::string format_hops(const std::vector<NextHop>& hops) {
  std::string text;
  for (const NextHop& hop : hops) {
    std::string one;
    const auto add = [&](std::string_view word, const std::string& value) {
      one += fmt::format("{}{} {}", one.empty() ? "" : " ", word, value);
    };
    if (hop.gateway) {
      add("via", format_ip_address(*hop.gateway));
    }
    if (hop.interface) {
      add("dev", *hop.interface);
    }
    if (hop.weight) {
      add("weight", fmt::format("{}", *hop.weight));
    }
    if (hop.nexthop_id) {
      add("nhid", fmt::format("{}", *hop.nexthop_id));
    }
    one += hop.onlink ? " onlink" : "";
    text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

bool is_default_route(const Route& route) {
  const bool any_source = !route.source || route.source_prefix_length == 0;
  return route.prefix_length == 0 && route.table == table_main && any_source && route.tos == 0;
}

} // namespace hindstat
