// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diff/route_object.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Whether the first `length` bits of both are equal; false for addresses of two families.
[[nodiscard]] bool is_in_prefix(const IpAddress& address, const IpAddress& prefix, std::uint8_t length);

/// The route that one routing table has for an address.
struct MatchedRoute {
  Route route;      ///< Its first next hop.
  RouteObject best; ///< All of its next hops; rows are those of the table.
};
/// The longest prefix that has a usable route, and of its routes the one with the lowest metric. Routes for a type of
/// service or for some sources only are passed over. nullopt: the table has none.
[[nodiscard]] std::optional<MatchedRoute> find_longest_match(const Table& routes, const std::string& netns,
                                                             std::uint32_t table, const IpAddress& address);

/// What the kernel would have done with a packet to an address, as far as the address alone decides.
struct RouteAnswer {
  bool known = false;      ///< False when the routes of the namespace were not collected.
  std::string why_unknown; ///< Then a sentence.
  std::string result;      ///< "via 10.0.0.1 dev eth0", "blackhole", "no route".
  std::string by;          ///< "10.9.0.0/16 metric 50": the route; empty when there is none.
  std::string rule;        ///< "32766: from all lookup main": the rule that asked its table; empty when unknown.
  std::string learned;     ///< "mtu 1300", "via 10.0.0.9": what table route_exception knows of it, else empty.
  std::vector<std::string> ignored; ///< Sentences: what could decide otherwise for some packets.

  friend bool operator==(const RouteAnswer&, const RouteAnswer&) = default;
};

/// Walks the rules of table rule in the order of their priorities and takes the longest match of the tables that they
/// look up. Only the destination of a packet is known: rules that ask for more (source, mark, interfaces, user, ports,
/// type of service) are passed over and named in `ignored`. Where no rules were recorded, the tables local, main and
/// default are asked, as the kernel does without any.
[[nodiscard]] RouteAnswer find_best_route(const Snapshot& snapshot, const std::string& netns, const IpAddress& address);

} // namespace hindstat
