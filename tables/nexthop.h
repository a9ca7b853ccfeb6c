// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tables/ip_family.h"
#include "tables/route.h"
#include "tables/table_spec.h"

namespace hindstat {

/// How a group spreads traffic over its members (NEXTHOP_GRP_TYPE_*).
enum class NexthopGroupType : std::uint8_t { hash_threshold = 0, resilient = 1 };

template <>
struct NamesOf<NexthopGroupType> {
  static constexpr std::array values = {ValueName{0, "mpath"}, ValueName{1, "resilient"}};
};

/// A nexthop object, which routes refer to by its id (route.nexthop_id). Source: RTM_GETNEXTHOP, since Linux 5.3.
struct Nexthop {
  std::string netns;
  std::uint32_t id = 0;
  IpFamily family = IpFamily::none;
  std::optional<IpAddress> gateway;
  std::optional<std::string> interface;
  std::optional<std::string> group;
  std::optional<NexthopGroupType> group_type;
  bool blackhole = false;
  bool fdb = false;
  std::optional<RouteProtocol> protocol;
  std::optional<RouteScope> scope;
  FlagSet<RouteFlag> flags;
  std::optional<std::uint16_t> encapsulation;
};

inline constexpr auto nexthops = define_table<Nexthop>(
  "nexthop", "Nexthop objects and their groups, which routes refer to.",
  field<&Nexthop::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Nexthop::id>("id", Role::key, "Its number."),
  field<&Nexthop::family>("family", Role::attribute, "Family of the gateway; none for groups and blackholes of both."),
  field<&Nexthop::gateway>("gateway", Role::attribute, "The next router."),
  field<&Nexthop::interface>("interface", Role::attribute, "Outgoing interface."),
  field<&Nexthop::group>("group", Role::attribute, "Ids of a group's members and their weights: 1/2,15."),
  field<&Nexthop::group_type>("group_type", Role::attribute, "How a group spreads traffic."),
  field<&Nexthop::blackhole>("blackhole", Role::attribute, "Whether it drops what it is given."),
  field<&Nexthop::fdb>("fdb", Role::attribute, "Whether it belongs to a bridge's forwarding database."),
  field<&Nexthop::protocol>("protocol", Role::attribute, "Who installed it."),
  field<&Nexthop::scope>("scope", Role::attribute, "Distance of the gateway."),
  field<&Nexthop::flags>("flags", Role::state, "State of the next hop."),
  field<&Nexthop::encapsulation>("encapsulation", Role::attribute, "Kind of tunnel (LWTUNNEL_ENCAP_*)."));

} // namespace hindstat
