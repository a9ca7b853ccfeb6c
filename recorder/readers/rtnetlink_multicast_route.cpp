// SPDX-License-Identifier: MIT
//
// RTM_NEWROUTE of RTNL_FAMILY_IPMR and IP6MR (net/ipv4/ipmr.c ipmr_fill_mroute, net/ipv6/ip6mr.c, ipmr_base.c
// mr_fill_mroute): struct rtmsg, then attributes; the interfaces out are hops whose rtnh_hops is the least TTL.
#include "recorder/readers/rtnetlink_multicast_route.h"

#include <linux/rtnetlink.h>

#include <algorithm>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

using Bytes = std::span<const std::byte>;

bool add_hops(MulticastRoute& row, Bytes rest, const InterfaceNames& names) {
  while (!rest.empty()) {
    const auto hop = load_value<rtnexthop>(rest);
    if (!hop || hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > rest.size()) {
      return false;
    }
    add_out_interface(row, names.name_of(static_cast<std::uint32_t>(hop->rtnh_ifindex)), hop->rtnh_hops);
    const std::size_t aligned = (std::size_t{hop->rtnh_len} + RTNH_ALIGNTO - 1) & ~std::size_t{RTNH_ALIGNTO - 1};
    rest = rest.subspan(std::min(aligned, rest.size()));
  }
  return true;
}

bool add_statistics(MulticastRoute& row, Bytes value) {
  const auto statistics = load_value<rta_mfc_stats>(value);
  if (statistics) {
    row.packets = statistics->mfcs_packets;
    row.bytes = statistics->mfcs_bytes;
    row.wrong_interface = statistics->mfcs_wrong_if;
  }
  return statistics.has_value();
}

bool set_address(IpAddress& target, Bytes value, bool v6) {
  const auto address = load_address(value);
  target = address.value_or(IpAddress());
  return address && address->is_v6() == v6;
}

/// False when the attribute is one that is stored and not whole.
bool read_attribute(MulticastRoute& row, const NetlinkAttribute& attribute, bool v6, const InterfaceNames& names,
                    std::uint64_t boottime_ms) {
  constexpr std::uint64_t ms_per_tick = 10; // USER_HZ is 100.
  const auto number = load_value<std::uint32_t>(attribute.value);
  switch (attribute.type) {
    case RTA_TABLE:
      row.table = number.value_or(0);
      return number.has_value();
    case RTA_SRC:
      return set_address(row.source, attribute.value, v6);
    case RTA_DST:
      return set_address(row.group, attribute.value, v6);
    case RTA_IIF:
      row.in_interface = names.name_of(number.value_or(0));
      return number.has_value();
    case RTA_MULTIPATH:
      return add_hops(row, attribute.value, names);
    case RTA_MFC_STATS:
      return add_statistics(row, attribute.value);
    case RTA_EXPIRES: {
      const auto ticks = load_value<std::uint64_t>(attribute.value);
      const std::uint64_t most = boottime_ms / ms_per_tick;
      row.used = ticks ? std::optional(boottime_ms - std::min(*ticks, most) * ms_per_tick) : std::nullopt;
      return ticks.has_value();
    }
    default:
      return true;
  }
}

} // namespace

Verdict add_multicast_route_message(MulticastRouteRows& rows, std::span<const std::byte> payload, int family,
                                    const InterfaceNames& names, std::uint64_t boottime_ms) {
  const auto header = load_value<rtmsg>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  if (header->rtm_family != family) {
    return Verdict::skipped;
  }
  MulticastRoute row;
  row.table = header->rtm_table;
  row.protocol = static_cast<RouteProtocol>(header->rtm_protocol);
  row.unresolved = (header->rtm_flags & RTNH_F_UNRESOLVED) != 0;
  bool has_source = false;
  bool has_group = false;
  NetlinkAttributes walk(payload.subspan(sizeof(rtmsg)));
  while (const auto attribute = walk.next()) {
    if (!read_attribute(row, *attribute, family == RTNL_FAMILY_IP6MR, names, boottime_ms)) {
      return Verdict::rejected;
    }
    has_source = has_source || attribute->type == RTA_SRC;
    has_group = has_group || attribute->type == RTA_DST;
  }
  if (walk.malformed() || !has_source || !has_group) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
