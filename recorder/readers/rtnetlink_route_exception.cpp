// SPDX-License-Identifier: MIT
//
// RTM_NEWROUTE with RTM_F_CLONED (net/ipv4/route.c rt_fill_info by fib_dump_info_fnhe, net/ipv6/route.c rt6_fill_node):
// the message of a route; RTCF_* are in the upper half of rtm_flags, the expiry and the error in RTA_CACHEINFO.
#include "recorder/readers/rtnetlink_route_exception.h"

#include "recorder/netlink_message.h"
#include "recorder/readers/route_attributes.h"

namespace hindstat {

namespace {

/// Without RTM_F_*, which say how the message came about.
FlagSet<RouteCacheFlag> cache_flags(const rtmsg& header) {
  constexpr std::uint32_t meaningful = 0xffff'00ff;
  return FlagSet<RouteCacheFlag>(header.rtm_flags & meaningful);
}

RouteException make_row(const RouteAttributes& attributes) {
  const Route& route = attributes.row;
  RouteException row;
  row.table = route.table;
  row.destination = route.destination;
  row.prefix_length = route.prefix_length;
  row.source = route.source;
  row.source_prefix_length = route.source_prefix_length;
  row.tos = route.tos;
  row.interface = route.interface;
  row.in_interface = attributes.in_interface;
  row.mark = attributes.mark;
  row.uid = attributes.uid;
  row.gateway = route.gateway;
  row.type = route.type;
  row.mtu = route.mtu;
  row.locked_metrics = route.locked_metrics;
  row.metric = route.metric;
  row.protocol = route.protocol;
  row.preferred_source = route.preferred_source;
  row.preference = route.preference;
  row.advmss = route.advmss;
  row.window = route.window;
  row.rtt = route.rtt;
  row.hoplimit = route.hoplimit;
  return row;
}

void add_cache_info(RouteException& row, const rta_cacheinfo& info, std::uint64_t boottime_ms) {
  row.expires = route_expiry(info, boottime_ms);
  row.references = info.rta_clntref;
  row.uses = info.rta_used;
  if (const auto error = static_cast<std::int32_t>(info.rta_error); error != 0) {
    row.error = error < 0 ? 0U - info.rta_error : info.rta_error; // The kernel's are negative.
  }
}

} // namespace

Verdict add_route_exception_message(RouteExceptionRows& rows, std::span<const std::byte> payload, int family,
                                    const InterfaceNames& names, std::uint64_t boottime_ms) {
  const auto any = load_value<rtmsg>(payload);
  if (any && ((any->rtm_flags & RTM_F_CLONED) == 0 || any->rtm_family != family)) {
    return Verdict::skipped;
  }
  const auto header = load_route_header(payload);
  if (!header) {
    return Verdict::rejected;
  }
  RouteAttributes attributes(*header, names);
  if (!attributes.read(payload.subspan(sizeof(rtmsg)))) {
    return Verdict::rejected;
  }
  RouteException row = make_row(attributes);
  row.flags = cache_flags(*header);
  if (attributes.cache_info) {
    add_cache_info(row, *attributes.cache_info, boottime_ms);
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
