// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/route.h"
#include "tables/table_spec.h"

namespace hindstat {

/// An entry of the multicast forwarding cache, which a routing daemon makes. Sources: RTM_GETROUTE of the families of
/// multicast routing, else /proc/net/ip_mr_cache and ip6_mr_cache, which have the default table only.
struct MulticastRoute {
  std::string netns;
  std::uint32_t table = 253;
  IpAddress source;
  IpAddress group;
  std::optional<std::string> in_interface;
  std::string out_interfaces;
  bool unresolved = false;
  std::optional<RouteProtocol> protocol;
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> wrong_interface;
  std::optional<std::uint64_t> used;
};

inline constexpr auto multicast_routes = define_table<MulticastRoute>(
  "multicast_route", "The multicast forwarding cache: where packets of a source to a group go.",
  field<&MulticastRoute::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&MulticastRoute::table>("table", Role::key, "Multicast routing table: 253 is the default."),
  field<&MulticastRoute::source>("source", Role::key, "Who sends; unspecified for everybody."),
  field<&MulticastRoute::group>("group", Role::key, "The group."),
  field<&MulticastRoute::in_interface>("in_interface", Role::key, "Interface that the packets must come in by."),
  field<&MulticastRoute::out_interfaces>("out_interfaces", Role::attribute,
                                         "Interfaces that they leave by, with the least TTL where it is not 1: a b/5."),
  field<&MulticastRoute::unresolved>("unresolved", Role::state, "Whether it waits for the routing daemon."),
  field<&MulticastRoute::protocol>("protocol", Role::attribute, "Who installed it; only from netlink."),
  field<&MulticastRoute::packets>("packets", Role::counter, "Packets forwarded.", Unit::packets),
  field<&MulticastRoute::bytes>("bytes", Role::counter, "Bytes forwarded.", Unit::bytes),
  field<&MulticastRoute::wrong_interface>("wrong_interface", Role::counter,
                                          "Packets that came in by another interface.", Unit::packets),
  field<&MulticastRoute::used>("used", Role::timer, "When it was last used; only from netlink.", Unit::boottime_ms));

} // namespace hindstat
