// SPDX-License-Identifier: MIT
//
// RTM_NEWROUTE (include/uapi/linux/rtnetlink.h; net/ipv4/fib_semantics.c fib_dump_info, net/ipv6/route.c
// rt6_fill_node): struct rtmsg, then attributes; a multipath route has its hops in RTA_MULTIPATH.
#include "recorder/readers/rtnetlink_route.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::int64_t ms_per_tick = 10;                                // USER_HZ is 100.
constexpr unsigned last_hop = std::numeric_limits<std::uint8_t>::max(); // Further hops share this number.

using Bytes = std::span<const std::byte>;

/// struct rtvia: the address family in two bytes, then the address.
std::optional<IpAddress> via_address(Bytes bytes) {
  return bytes.size() < sizeof(rtvia) ? std::nullopt : load_address(bytes.subspan(sizeof(rtvia)));
}

std::optional<std::uint32_t> Route::*metric_member(std::uint16_t type) {
  switch (type) {
    case RTAX_LOCK:
      return &Route::locked_metrics;
    case RTAX_MTU:
      return &Route::mtu;
    case RTAX_WINDOW:
      return &Route::window;
    case RTAX_RTT:
      return &Route::rtt;
    case RTAX_RTTVAR:
      return &Route::rttvar;
    case RTAX_SSTHRESH:
      return &Route::ssthresh;
    case RTAX_CWND:
      return &Route::cwnd;
    case RTAX_ADVMSS:
      return &Route::advmss;
    case RTAX_REORDERING:
      return &Route::reordering;
    case RTAX_HOPLIMIT:
      return &Route::hoplimit;
    case RTAX_INITCWND:
      return &Route::initcwnd;
    case RTAX_FEATURES:
      return &Route::features;
    case RTAX_RTO_MIN:
      return &Route::rto_min;
    case RTAX_INITRWND:
      return &Route::initrwnd;
    case RTAX_QUICKACK:
      return &Route::quickack;
    default:
      return nullptr;
  }
}

/// A route while its attributes are being read.
class RouteMessage {
public:
  RouteMessage(const rtmsg& header, const InterfaceNames& names, std::uint64_t boottime_ms)
    : names_(names), boottime_ms_(boottime_ms), v6_(header.rtm_family == AF_INET6) {
    row_.table = header.rtm_table;
    row_.destination = v6_ ? IpAddress::v6({}) : IpAddress::v4({});
    row_.prefix_length = header.rtm_dst_len;
    row_.source_prefix_length = header.rtm_src_len;
    row_.tos = header.rtm_tos;
    row_.type = static_cast<RouteType>(header.rtm_type);
    row_.protocol = static_cast<RouteProtocol>(header.rtm_protocol);
    row_.scope = static_cast<RouteScope>(header.rtm_scope);
    row_.flags = FlagSet<RouteFlag>(static_cast<std::uint8_t>(header.rtm_flags));
  }

  /// False when an attribute is too short for what it must hold.
  [[nodiscard]] bool read(Bytes attributes) {
    NetlinkAttributes walk(attributes);
    while (const auto attribute = walk.next()) {
      if (!read_one(*attribute)) {
        return false;
      }
    }
    return !walk.malformed();
  }

  [[nodiscard]] bool add_to(RouteRows& rows) {
    if (multipath_.empty()) {
      rows.add(row_);
      return true;
    }
    const std::size_t before = rows.size();
    if (!add_hops(rows)) {
      rows.truncate(before);
      return false;
    }
    return true;
  }

private:
  /// An address of the route's own family.
  [[nodiscard]] std::optional<IpAddress> own_address(Bytes bytes) const {
    const auto address = load_address(bytes);
    return address && address->is_v6() == v6_ ? address : std::nullopt;
  }

  template <typename Target, typename Value>
  static bool set(Target& target, const std::optional<Value>& value) {
    if (value) {
      target = *value;
    }
    return value.has_value();
  }

  static std::optional<std::uint32_t> number(const NetlinkAttribute& attribute) {
    return load_value<std::uint32_t>(attribute.value);
  }

  /// False when the attribute is one that is stored and not whole.
  bool read_one(const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case RTA_TABLE:
        return set(row_.table, number(attribute));
      case RTA_PRIORITY:
        return set(row_.metric, number(attribute));
      case RTA_FLOW:
        return set(row_.realms, number(attribute));
      case RTA_NH_ID:
        return set(row_.nexthop_id, number(attribute));
      case RTA_OIF:
        row_.interface = names_.find(number(attribute).value_or(0));
        return number(attribute).has_value();
      case RTA_DST:
        return set(row_.destination, own_address(attribute.value));
      case RTA_SRC:
        return set(row_.source, own_address(attribute.value));
      case RTA_GATEWAY:
        return set(row_.gateway, own_address(attribute.value));
      case RTA_PREFSRC:
        return set(row_.preferred_source, own_address(attribute.value));
      case RTA_VIA:
        return set(row_.gateway, via_address(attribute.value));
      case RTA_PREF:
        return set(row_.preference, load_value<RoutePreference>(attribute.value));
      case RTA_METRICS:
        return read_metrics(attribute.value);
      case RTA_CACHEINFO:
        return read_cache_info(attribute.value);
      case RTA_MULTIPATH:
        multipath_ = attribute.value;
        return true;
      default:
        return true;
    }
  }

  bool read_metrics(Bytes attributes) {
    NetlinkAttributes walk(attributes);
    while (const auto metric = walk.next()) {
      if (metric->type == RTAX_CC_ALGO) {
        row_.congestion_control = load_text(metric->value);
      } else if (const auto member = metric_member(metric->type)) {
        row_.*member = load_value<std::uint32_t>(metric->value);
        if (!(row_.*member).has_value()) {
          return false;
        }
      }
    }
    return !walk.malformed();
  }

  bool read_cache_info(Bytes value) {
    const auto info = load_value<rta_cacheinfo>(value);
    if (!info) {
      return false;
    }
    if (v6_ && info->rta_expires != 0) {
      // A route may be listed a little after it expired; the ticks are negative then.
      const std::int64_t remaining = std::int64_t{info->rta_expires} * ms_per_tick;
      const std::int64_t moment = static_cast<std::int64_t>(boottime_ms_) + remaining;
      row_.expires = static_cast<std::uint64_t>(std::max<std::int64_t>(moment, 0));
    }
    return true;
  }

  bool add_hops(RouteRows& rows) {
    Bytes rest = multipath_;
    for (unsigned hop = 0; !rest.empty(); ++hop) {
      const auto header = load_value<rtnexthop>(rest);
      if (!header || header->rtnh_len < sizeof(rtnexthop) || header->rtnh_len > rest.size()) {
        return false;
      }
      row_.hop = static_cast<std::uint8_t>(std::min(hop, last_hop));
      row_.weight = static_cast<std::uint16_t>(header->rtnh_hops + 1);
      row_.flags = FlagSet<RouteFlag>(header->rtnh_flags);
      row_.interface = names_.find(static_cast<std::uint32_t>(header->rtnh_ifindex));
      row_.gateway = std::nullopt;
      row_.realms = std::nullopt;
      if (!read(rest.first(header->rtnh_len).subspan(sizeof(rtnexthop)))) {
        return false;
      }
      rows.add(row_);
      const std::size_t aligned = (std::size_t{header->rtnh_len} + RTNH_ALIGNTO - 1) & ~std::size_t{RTNH_ALIGNTO - 1};
      rest = rest.subspan(std::min(aligned, rest.size()));
    }
    return true;
  }

  const InterfaceNames& names_;
  std::uint64_t boottime_ms_;
  bool v6_;
  Route row_;
  Bytes multipath_;
};

} // namespace

Verdict add_route_message(RouteRows& rows, std::span<const std::byte> payload, const InterfaceNames& names,
                          std::uint64_t boottime_ms) {
  const auto header = load_value<rtmsg>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  if ((header->rtm_flags & RTM_F_CLONED) != 0 || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6)) {
    return Verdict::skipped;
  }
  const unsigned longest_prefix = header->rtm_family == AF_INET6 ? 128 : 32;
  if (header->rtm_dst_len > longest_prefix || header->rtm_src_len > longest_prefix) {
    return Verdict::rejected;
  }
  RouteMessage route(*header, names, boottime_ms);
  return route.read(payload.subspan(sizeof(rtmsg))) && route.add_to(rows) ? Verdict::kept : Verdict::rejected;
}

} // namespace hindstat
