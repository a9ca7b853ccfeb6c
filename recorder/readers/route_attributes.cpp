// SPDX-License-Identifier: MIT
#include "recorder/readers/route_attributes.h"

#include <sys/socket.h>

#include <algorithm>

#include "recorder/wire_values.h"

namespace hindstat {

namespace {

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

template <typename Target, typename Value>
bool set(Target& target, const std::optional<Value>& value) {
  if (value) {
    target = *value;
  }
  return value.has_value();
}

std::optional<std::uint32_t> number(const NetlinkAttribute& attribute) {
  return load_value<std::uint32_t>(attribute.value);
}

} // namespace

RouteAttributes::RouteAttributes(const rtmsg& header, const InterfaceNames& names)
  : names_(names), v6_(header.rtm_family == AF_INET6) {
  row.table = header.rtm_table;
  row.destination = v6_ ? IpAddress::v6({}) : IpAddress::v4({});
  row.prefix_length = header.rtm_dst_len;
  row.source_prefix_length = header.rtm_src_len;
  row.tos = header.rtm_tos;
  row.type = static_cast<RouteType>(header.rtm_type);
  row.protocol = static_cast<RouteProtocol>(header.rtm_protocol);
  row.scope = static_cast<RouteScope>(header.rtm_scope);
  row.flags = FlagSet<RouteFlag>(static_cast<std::uint8_t>(header.rtm_flags));
}

bool RouteAttributes::read(Bytes attributes) {
  NetlinkAttributes walk(attributes);
  while (const auto attribute = walk.next()) {
    if (!read_one(*attribute)) {
      return false;
    }
  }
  return !walk.malformed();
}

/// An address of the route's own family.
std::optional<IpAddress> RouteAttributes::own_address(Bytes bytes) const {
  const auto address = load_address(bytes);
  return address && address->is_v6() == v6_ ? address : std::nullopt;
}

/// False when the attribute is one that is stored and not whole.
bool RouteAttributes::read_one(const NetlinkAttribute& attribute) {
  switch (attribute.type) {
    case RTA_TABLE:
      return set(row.table, number(attribute));
    case RTA_PRIORITY:
      return set(row.metric, number(attribute));
    case RTA_FLOW:
      return set(row.realms, number(attribute));
    case RTA_NH_ID:
      return set(row.nexthop_id, number(attribute));
    case RTA_MARK:
      return set(mark, number(attribute));
    case RTA_UID:
      return set(uid, number(attribute));
    case RTA_OIF:
      row.interface = names_.find(number(attribute).value_or(0));
      return number(attribute).has_value();
    case RTA_IIF:
      in_interface = names_.find(number(attribute).value_or(0));
      return number(attribute).has_value();
    case RTA_DST:
      return set(row.destination, own_address(attribute.value));
    case RTA_SRC:
      return set(row.source, own_address(attribute.value));
    case RTA_GATEWAY:
      return set(row.gateway, own_address(attribute.value));
    case RTA_PREFSRC:
      return set(row.preferred_source, own_address(attribute.value));
    case RTA_VIA:
      return set(row.gateway, via_address(attribute.value));
    case RTA_PREF:
      return set(row.preference, load_value<RoutePreference>(attribute.value));
    case RTA_METRICS:
      return read_metrics(attribute.value);
    case RTA_CACHEINFO:
      return set(cache_info, load_value<rta_cacheinfo>(attribute.value));
    case RTA_MULTIPATH:
      multipath = attribute.value;
      return true;
    default:
      return true;
  }
}

bool RouteAttributes::read_metrics(Bytes attributes) {
  NetlinkAttributes walk(attributes);
  while (const auto metric = walk.next()) {
    if (metric->type == RTAX_CC_ALGO) {
      row.congestion_control = load_text(metric->value);
    } else if (const auto member = metric_member(metric->type)) {
      row.*member = load_value<std::uint32_t>(metric->value);
      if (!(row.*member).has_value()) {
        return false;
      }
    }
  }
  return !walk.malformed();
}

std::optional<rtmsg> load_route_header(Bytes payload) {
  const auto header = load_value<rtmsg>(payload);
  const unsigned longest_prefix = header && header->rtm_family == AF_INET6 ? 128 : 32;
  const bool fits = header && header->rtm_dst_len <= longest_prefix && header->rtm_src_len <= longest_prefix;
  return fits ? header : std::nullopt;
}

std::optional<std::uint64_t> route_expiry(const rta_cacheinfo& info, std::uint64_t boottime_ms) {
  constexpr std::int64_t ms_per_tick = 10; // USER_HZ is 100.
  if (info.rta_expires == 0) {
    return std::nullopt;
  }
  // A route may be listed a little after it expired; the ticks are negative then.
  const std::int64_t moment = static_cast<std::int64_t>(boottime_ms) + std::int64_t{info.rta_expires} * ms_per_tick;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(moment, 0));
}

} // namespace hindstat
