// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tables/route.h"
#include "tables/table_spec.h"

namespace hindstat {

/// What the kernel notes about a cached route (linux/in_route.h RTCF_*; the low ones are RTNH_F_*).
enum class RouteCacheFlag : std::uint32_t {
  dead = 0x1,
  onlink = 0x4,
  linkdown = 0x10,
  notify = 0x1'0000,
  direct_destination = 0x2'0000,
  redirected = 0x4'0000,
  transparent_proxy = 0x8'0000,
  fast = 0x20'0000,
  masqueraded = 0x40'0000,
  source_nat = 0x80'0000,
  sends_redirects = 0x100'0000,
  direct_source = 0x400'0000,
  destination_nat = 0x800'0000,
  broadcast = 0x1000'0000,
  multicast = 0x2000'0000,
  reject = 0x4000'0000,
  local = 0x8000'0000,
};

template <>
struct NamesOf<RouteCacheFlag> {
  static constexpr std::array values = {
    ValueName{0x1, "dead"},          ValueName{0x4, "onlink"},         ValueName{0x10, "linkdown"},
    ValueName{0x10000, "notify"},    ValueName{0x20000, "dst-direct"}, ValueName{0x40000, "redirected"},
    ValueName{0x80000, "proxy"},     ValueName{0x200000, "fastroute"}, ValueName{0x400000, "masq"},
    ValueName{0x800000, "src-nat"},  ValueName{0x1000000, "redirect"}, ValueName{0x4000000, "src-direct"},
    ValueName{0x8000000, "dst-nat"}, ValueName{0x10000000, "brd"},     ValueName{0x20000000, "mc"},
    ValueName{0x40000000, "reject"}, ValueName{0x80000000, "local"}};
};

/// What the kernel learned about one destination against the routing table: a path MTU (ICMP "fragmentation needed",
/// "packet too big") or another gateway (ICMP redirect). Today's routing cache, of hosts that send. Source:
/// RTM_GETROUTE, the entries flagged RTM_F_CLONED; Linux lists all of them since 5.3.
struct RouteException {
  std::string netns;
  std::uint32_t table = 254;
  IpAddress destination;
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> source;
  std::uint8_t source_prefix_length = 0;
  std::uint8_t tos = 0;
  std::optional<std::string> interface;
  std::optional<std::string> in_interface;
  std::optional<std::uint32_t> mark;
  std::optional<std::uint32_t> uid;
  std::optional<IpAddress> gateway;
  FlagSet<RouteCacheFlag> flags;
  RouteType type = RouteType::unicast;
  std::optional<std::uint32_t> mtu;
  std::optional<std::uint32_t> locked_metrics;
  std::uint32_t metric = 0;
  std::optional<std::uint32_t> error;
  std::optional<RouteProtocol> protocol;
  std::optional<IpAddress> preferred_source;
  std::optional<RoutePreference> preference;
  std::optional<std::uint32_t> advmss;
  std::optional<std::uint32_t> window;
  std::optional<std::uint32_t> rtt;
  std::optional<std::uint32_t> hoplimit;
  std::optional<std::uint64_t> expires;
  std::optional<std::uint32_t> references;
  std::optional<std::uint32_t> uses;
};

inline constexpr auto route_exceptions = define_table<RouteException>(
  "route_exception", "What was learned about single destinations: path MTUs and redirects, today's routing cache.",
  field<&RouteException::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&RouteException::table>("table", Role::key, "Table of the route it is an exception of."),
  field<&RouteException::destination>("destination", Role::key, "The destination."),
  field<&RouteException::prefix_length>("prefix_length", Role::key, "Bits of it; all, for a single host."),
  field<&RouteException::source>("source", Role::key, "Source prefix, with source-specific IPv6 routes."),
  field<&RouteException::source_prefix_length>("source_prefix_length", Role::key, "Bits of the source prefix."),
  field<&RouteException::tos>("tos", Role::key, "Type of service (DSCP) it is limited to; 0 is any."),
  field<&RouteException::interface>("interface", Role::key, "Outgoing interface."),
  field<&RouteException::in_interface>("in_interface", Role::key, "Interface that the packets came in by."),
  field<&RouteException::mark>("mark", Role::key, "Firewall mark it is limited to.", Unit::hex),
  field<&RouteException::uid>("uid", Role::key, "User it is limited to."),
  field<&RouteException::gateway>("gateway", Role::attribute, "Next hop; that of the redirect, where there was one."),
  field<&RouteException::flags>("flags", Role::attribute,
                                "What the kernel notes about it; IPv6 does not tell which were redirected."),
  field<&RouteException::type>("type", Role::attribute, "What the kernel does with matching packets."),
  field<&RouteException::mtu>("mtu", Role::attribute, "Path MTU; where none was learned that of the route, if set.",
                              Unit::bytes),
  field<&RouteException::locked_metrics>("locked_metrics", Role::attribute,
                                         "Bits of metrics that are locked (1 << RTAX_*); 4 is the MTU.", Unit::hex),
  field<&RouteException::metric>("metric", Role::attribute, "Priority of the route."),
  field<&RouteException::error>("error", Role::attribute, "Error number that sending there gives."),
  field<&RouteException::protocol>("protocol", Role::attribute, "Who installed the route."),
  field<&RouteException::preferred_source>("preferred_source", Role::attribute, "Source address preferred for it."),
  field<&RouteException::preference>("preference", Role::attribute, "IPv6 router preference (RFC 4191)."),
  field<&RouteException::advmss>("advmss", Role::attribute, "Maximum segment size to advertise.", Unit::bytes),
  field<&RouteException::window>("window", Role::attribute, "Largest window to advertise.", Unit::bytes),
  field<&RouteException::rtt>("rtt", Role::attribute, "Initial round trip time in 1/8 ms (RTAX_RTT)."),
  field<&RouteException::hoplimit>("hoplimit", Role::attribute, "Hop limit (TTL) of packets sent."),
  field<&RouteException::expires>("expires", Role::timer, "When it is forgotten.", Unit::boottime_ms),
  field<&RouteException::references>("references", Role::note, "Users of it, which change by themselves."),
  field<&RouteException::uses>("uses", Role::note, "How often it was looked up, as far as the kernel counts."));

} // namespace hindstat
