// SPDX-License-Identifier: MIT
//
// RTM_NEWROUTE (include/uapi/linux/rtnetlink.h; net/ipv4/fib_semantics.c fib_dump_info, net/ipv6/route.c
// rt6_fill_node): struct rtmsg, then attributes; a multipath route has its hops in RTA_MULTIPATH.
#include "recorder/readers/rtnetlink_route.h"

#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include "recorder/netlink_message.h"
#include "recorder/readers/route_attributes.h"

namespace hindstat {

namespace {

constexpr unsigned last_hop = std::numeric_limits<std::uint8_t>::max(); // Further hops share this number.

using Bytes = std::span<const std::byte>;

bool add_hops(RouteRows& rows, RouteAttributes& route, const InterfaceNames& names) {
  Bytes rest = route.multipath;
  for (unsigned hop = 0; !rest.empty(); ++hop) {
    const auto header = load_value<rtnexthop>(rest);
    if (!header || header->rtnh_len < sizeof(rtnexthop) || header->rtnh_len > rest.size()) {
      return false;
    }
    route.row.hop = static_cast<std::uint8_t>(std::min(hop, last_hop));
    route.row.weight = static_cast<std::uint16_t>(header->rtnh_hops + 1);
    route.row.flags = FlagSet<RouteFlag>(header->rtnh_flags);
    route.row.interface = names.find(static_cast<std::uint32_t>(header->rtnh_ifindex));
    route.row.gateway = std::nullopt;
    route.row.realms = std::nullopt;
    if (!route.read(rest.first(header->rtnh_len).subspan(sizeof(rtnexthop)))) {
      return false;
    }
    rows.add(route.row);
    const std::size_t aligned = (std::size_t{header->rtnh_len} + RTNH_ALIGNTO - 1) & ~std::size_t{RTNH_ALIGNTO - 1};
    rest = rest.subspan(std::min(aligned, rest.size()));
  }
  return true;
}

bool add_route(RouteRows& rows, RouteAttributes& route, const InterfaceNames& names) {
  if (route.multipath.empty()) {
    rows.add(route.row);
    return true;
  }
  const std::size_t before = rows.size();
  if (!add_hops(rows, route, names)) {
    rows.truncate(before);
    return false;
  }
  return true;
}

} // namespace

Verdict add_route_message(RouteRows& rows, std::span<const std::byte> payload, const InterfaceNames& names,
                          std::uint64_t boottime_ms) {
  const auto any = load_value<rtmsg>(payload);
  if (!any) {
    return Verdict::rejected;
  }
  if ((any->rtm_flags & RTM_F_CLONED) != 0 || (any->rtm_family != AF_INET && any->rtm_family != AF_INET6)) {
    return Verdict::skipped;
  }
  const auto header = load_route_header(payload);
  if (!header) {
    return Verdict::rejected;
  }
  RouteAttributes route(*header, names);
  if (!route.read(payload.subspan(sizeof(rtmsg)))) {
    return Verdict::rejected;
  }
  if (header->rtm_family == AF_INET6 && route.cache_info) {
    route.row.expires = route_expiry(*route.cache_info, boottime_ms);
  }
  return add_route(rows, route, names) ? Verdict::kept : Verdict::rejected;
}

} // namespace hindstat
