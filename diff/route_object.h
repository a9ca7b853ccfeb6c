// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "diff/rule_context.h"
#include "tables/route.h"

namespace hindstat {

/// Where a route sends packets, by what makes two next hops different ones.
struct NextHop {
  std::optional<IpAddress> gateway;
  std::optional<std::string> interface;
  std::optional<std::uint16_t> weight;
  std::optional<std::uint32_t> nexthop_id;
  bool onlink = false;

  friend bool operator==(const NextHop&, const NextHop&) = default;
  friend std::strong_ordering operator<=>(const NextHop& a, const NextHop& b) {
    return std::tie(a.gateway, a.interface, a.weight, a.nexthop_id, a.onlink)
           <=> std::tie(b.gateway, b.interface, b.weight, b.nexthop_id, b.onlink);
  }
};

/// A route as the kernel has it: the rows of one key with one metric and type.
struct RouteObject {
  std::uint32_t metric = 0;
  RouteType type = RouteType::unicast;
  std::vector<NextHop> hops;       ///< Sorted.
  std::vector<std::uint32_t> rows; ///< The row of each of hops.
  bool usable = false;             ///< A next hop of it is not dead.
};

/// All routes to one prefix (and source and type of service), by metric and then type: the first usable one is taken.
using RouteGroup = std::vector<RouteObject>;

/// `rows` are rows of `table` with one key. Interfaces in `renames` have their new name.
[[nodiscard]] RouteGroup make_route_group(const Table& table, const std::vector<std::uint32_t>& rows,
                                          const InterfaceRenames& renames = {});

/// The usable route with the lowest metric; nullptr when there is none.
[[nodiscard]] const RouteObject* find_best(const RouteGroup& group);

/// "10.0.0.1", "10.9.0.0/16": a prefix of all bits is an address.
[[nodiscard]] std::string format_prefix(const IpAddress& address, std::uint8_t length);
/// "main", "local", "default", or the number of a routing table.
[[nodiscard]] std::string format_route_table(std::uint32_t table);
/// "default", "default (IPv6)", "10.9.0.0/16", "10.0.0.1", with " table 100", " from fd77::/64" and " tos 0x10" where
/// they are not the usual ones.
[[nodiscard]] std::string format_route_prefix(const Route& route);
/// The prefix with its type in front and its metric behind, as in ip-route(8): "blackhole 10.9.0.0/16 metric 50".
[[nodiscard]] std::string format_route(const Route& route);
/// "via 10.0.0.1 dev eth0 weight 2"; several are joined by ", ".
[[nodiscard]] std::string format_hops(const std::vector<NextHop>& hops);

/// Whether it is the default route that packets without a better one take: prefix of length 0 in table main.
[[nodiscard]] bool is_default_route(const Route& route);

} // namespace hindstat
