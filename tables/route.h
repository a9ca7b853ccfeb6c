// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// rtnetlink route types (include/uapi/linux/rtnetlink.h RTN_*).
enum class RouteType : std::uint8_t {
  unspecified = 0,
  unicast = 1,
  local = 2,
  broadcast = 3,
  anycast = 4,
  multicast = 5,
  blackhole = 6,
  unreachable = 7,
  prohibit = 8,
  throw_route = 9,
  nat = 10,
};

template <>
struct NamesOf<RouteType> {
  static constexpr std::array values = {
    ValueName{0, "unspec"},   ValueName{1, "unicast"},   ValueName{2, "local"},     ValueName{3, "broadcast"},
    ValueName{4, "anycast"},  ValueName{5, "multicast"}, ValueName{6, "blackhole"}, ValueName{7, "unreachable"},
    ValueName{8, "prohibit"}, ValueName{9, "throw"},     ValueName{10, "nat"}};
};

/// Who installed a route (RTPROT_*; iproute2's rt_protos).
enum class RouteProtocol : std::uint8_t { unspecified = 0, redirect = 1, kernel = 2, boot = 3, static_route = 4 };

template <>
struct NamesOf<RouteProtocol> {
  static constexpr std::array values = {
    ValueName{0, "unspec"}, ValueName{1, "redirect"}, ValueName{2, "kernel"},    ValueName{3, "boot"},
    ValueName{4, "static"}, ValueName{8, "gated"},    ValueName{9, "ra"},        ValueName{10, "mrt"},
    ValueName{11, "zebra"}, ValueName{12, "bird"},    ValueName{13, "dnrouted"}, ValueName{14, "xorp"},
    ValueName{15, "ntk"},   ValueName{16, "dhcp"},    ValueName{17, "mrouted"},  ValueName{18, "keepalived"},
    ValueName{42, "babel"}, ValueName{84, "openr"},   ValueName{186, "bgp"},     ValueName{187, "isis"},
    ValueName{188, "ospf"}, ValueName{189, "rip"},    ValueName{192, "eigrp"}};
};

/// How far away the destination is (RT_SCOPE_*).
enum class RouteScope : std::uint8_t { universe = 0, site = 200, link = 253, host = 254, nowhere = 255 };

template <>
struct NamesOf<RouteScope> {
  static constexpr std::array values = {ValueName{0, "global"}, ValueName{200, "site"}, ValueName{253, "link"},
                                        ValueName{254, "host"}, ValueName{255, "nowhere"}};
};

/// Flags of a next hop (rtnexthop.rtnh_flags, RTNH_F_*; for single-hop routes the low byte of rtm_flags).
enum class RouteFlag : std::uint8_t {
  dead = 1,
  pervasive = 2,
  onlink = 4,
  offload = 8,
  linkdown = 16,
  unresolved = 32,
  trap = 64,
};

template <>
struct NamesOf<RouteFlag> {
  static constexpr std::array values = {ValueName{1, "dead"},    ValueName{2, "pervasive"}, ValueName{4, "onlink"},
                                        ValueName{8, "offload"}, ValueName{16, "linkdown"}, ValueName{32, "unresolved"},
                                        ValueName{64, "trap"}};
};

/// IPv6 router preference (RFC 4191), as rtnetlink's RTA_PREF.
enum class RoutePreference : std::uint8_t { medium = 0, high = 1, low = 3 };

template <>
struct NamesOf<RoutePreference> {
  static constexpr std::array values = {ValueName{0, "medium"}, ValueName{1, "high"}, ValueName{3, "low"}};
};

/// One next hop of one route; a multipath route is several rows. Sources: RTM_GETROUTE (every table, both families),
/// else /proc/net/route and /proc/net/ipv6_route. Cached routes (RTM_F_CLONED) are not in this table.
struct Route {
  std::string netns;
  std::uint32_t table = 254;
  IpAddress destination;
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> source;
  std::uint8_t source_prefix_length = 0;
  std::uint8_t tos = 0;
  std::uint32_t metric = 0;
  RouteType type = RouteType::unicast;
  std::optional<IpAddress> gateway;
  std::optional<std::string> interface;
  std::optional<std::uint8_t> hop;
  std::optional<std::uint16_t> weight;
  std::optional<RouteProtocol> protocol;
  std::optional<RouteScope> scope;
  std::optional<IpAddress> preferred_source;
  FlagSet<RouteFlag> flags;
  std::optional<std::uint32_t> nexthop_id;
  std::optional<RoutePreference> preference;
  std::optional<std::uint32_t> mtu;
  std::optional<std::uint32_t> locked_metrics;
  std::optional<std::uint32_t> advmss;
  std::optional<std::uint32_t> window;
  std::optional<std::uint32_t> rtt;
  std::optional<std::uint32_t> rttvar;
  std::optional<std::uint32_t> ssthresh;
  std::optional<std::uint32_t> cwnd;
  std::optional<std::uint32_t> initcwnd;
  std::optional<std::uint32_t> initrwnd;
  std::optional<std::uint32_t> reordering;
  std::optional<std::uint32_t> hoplimit;
  std::optional<std::uint32_t> features;
  std::optional<std::uint32_t> rto_min;
  std::optional<std::uint32_t> quickack;
  std::optional<std::string> congestion_control;
  std::optional<std::uint32_t> realms;
  std::optional<std::uint64_t> expires;
};

inline constexpr auto routes = define_table<Route>(
  "route", "Routes of every routing table, IPv4 and IPv6; one row a next hop.",
  field<&Route::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Route::table>("table", Role::key, "Routing table id: 254 main, 255 local, 253 default."),
  field<&Route::destination>("destination", Role::key, "Destination prefix; unspecified with length 0 is default."),
  field<&Route::prefix_length>("prefix_length", Role::key, "Bits of the destination prefix."),
  field<&Route::source>("source", Role::key, "Source prefix of source-specific IPv6 routes."),
  field<&Route::source_prefix_length>("source_prefix_length", Role::key, "Bits of the source prefix."),
  field<&Route::tos>("tos", Role::key, "Type of service (DSCP) it is limited to; 0 is any."),
  field<&Route::metric>("metric", Role::attribute, "Priority: the lowest usable one is taken."),
  field<&Route::type>("type", Role::attribute, "What the kernel does with matching packets."),
  field<&Route::gateway>("gateway", Role::attribute, "Next hop; may be of the other family (RTA_VIA)."),
  field<&Route::interface>("interface", Role::attribute, "Outgoing interface."),
  field<&Route::hop>("hop", Role::note, "Position in a multipath route, from 0; null when there is one hop."),
  field<&Route::weight>("weight", Role::attribute, "Share of a multipath hop (1 is the least)."),
  field<&Route::protocol>("protocol", Role::attribute, "Who installed it; only from netlink."),
  field<&Route::scope>("scope", Role::attribute, "Distance of the destination; only from netlink."),
  field<&Route::preferred_source>("preferred_source", Role::attribute, "Source address preferred for it."),
  field<&Route::flags>("flags", Role::state, "State of the next hop."),
  field<&Route::nexthop_id>("nexthop_id", Role::attribute, "Nexthop object it refers to."),
  field<&Route::preference>("preference", Role::attribute, "IPv6 router preference (RFC 4191)."),
  field<&Route::mtu>("mtu", Role::attribute, "Path MTU set on the route.", Unit::bytes),
  field<&Route::locked_metrics>("locked_metrics", Role::attribute, "Bits of metrics that are locked (1 << RTAX_*).",
                                Unit::hex),
  field<&Route::advmss>("advmss", Role::attribute, "Maximum segment size to advertise.", Unit::bytes),
  field<&Route::window>("window", Role::attribute, "Largest window to advertise.", Unit::bytes),
  field<&Route::rtt>("rtt", Role::attribute, "Initial round trip time in 1/8 ms (RTAX_RTT)."),
  field<&Route::rttvar>("rttvar", Role::attribute, "Initial variance of it in 1/4 ms (RTAX_RTTVAR)."),
  field<&Route::ssthresh>("ssthresh", Role::attribute, "Initial slow start threshold, segments.", Unit::count),
  field<&Route::cwnd>("cwnd", Role::attribute, "Clamp of the congestion window, segments.", Unit::count),
  field<&Route::initcwnd>("initcwnd", Role::attribute, "Initial congestion window, segments.", Unit::count),
  field<&Route::initrwnd>("initrwnd", Role::attribute, "Initial receive window, segments.", Unit::count),
  field<&Route::reordering>("reordering", Role::attribute, "Initial reordering, segments.", Unit::count),
  field<&Route::hoplimit>("hoplimit", Role::attribute, "Hop limit (TTL) of packets sent."),
  field<&Route::features>("features", Role::attribute, "RTAX_FEATURES bits.", Unit::hex),
  field<&Route::rto_min>("rto_min", Role::attribute, "Least retransmission timeout.", Unit::milliseconds),
  field<&Route::quickack>("quickack", Role::attribute, "Whether quick acknowledgements are set."),
  field<&Route::congestion_control>("congestion_control", Role::attribute, "TCP congestion control for it."),
  field<&Route::realms>("realms", Role::attribute, "Realms, source in the upper 16 bits (RTA_FLOW).", Unit::hex),
  field<&Route::expires>("expires", Role::timer, "When it expires (RTA_CACHEINFO).", Unit::boottime_ms));

} // namespace hindstat
