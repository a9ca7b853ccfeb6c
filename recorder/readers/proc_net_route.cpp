// SPDX-License-Identifier: MIT
//
// /proc/net/route (net/ipv4/fib_trie.c fib_route_seq_show), tab-separated, addresses as words in host byte order:
//   Iface Destination Gateway  Flags RefCnt Use Metric Mask     MTU Window IRTT
//   c0    00000000    01014D0A 0003  0      0   0      00000000 0   0      0
// /proc/net/ipv6_route (net/ipv6/route.c rt6_route_seq_show), no header, addresses in network order:
//   DESTINATION LENGTH SOURCE LENGTH NEXTHOP METRIC REFS USE FLAGS DEVICE, all but the last hexadecimal
#include "recorder/readers/proc_net_route.h"

#include <linux/ipv6_route.h>
#include <linux/route.h>

#include <bit>
#include <tuple>

#include "recorder/text_fields.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::uint32_t mtu_above_advmss = 40; // What the kernel adds to the advertised MSS to show it as "MTU".
constexpr std::uint32_t rtt_units_per_ms = 8;
constexpr unsigned preference_shift = 27;
constexpr std::uint32_t null_entry_metric = 0xffffffff;
constexpr std::uint8_t multicast_byte = 0xff;
constexpr std::uint8_t multicast_length = 8;
constexpr std::uint8_t longest_prefix6 = 128;

/// Bits of a netmask printed in the host's byte order; nullopt when it has gaps.
std::optional<std::uint8_t> parse_mask(std::string_view text) {
  const auto address = parse_hex_address4(text);
  if (!address) {
    return std::nullopt;
  }
  std::uint32_t mask = 0;
  for (const char byte : address->bytes()) {
    mask = mask << 8U | static_cast<std::uint8_t>(byte);
  }
  return std::countl_one(mask) == std::popcount(mask) ? std::optional(static_cast<std::uint8_t>(std::popcount(mask)))
                                                      : std::nullopt;
}

std::optional<std::uint32_t> unless_zero(std::uint32_t value) {
  return value != 0 ? std::optional(value) : std::nullopt;
}

/// Type of an IPv4 route: rejecting ones have the device "*", and a blackhole no flag that says so.
RouteType type_of(std::string_view interface, std::uint32_t flags) {
  if ((flags & RTF_REJECT) != 0) {
    return RouteType::unreachable;
  }
  return interface == "*" ? RouteType::blackhole : RouteType::unicast;
}

/// The file has no type. What the kernel makes of its own accord under ff00::/8 is one route as wide as that.
RouteType type_of6(const IpAddress& destination, std::uint8_t prefix_length, std::uint32_t flags) {
  if ((flags & RTF_REJECT) != 0) {
    return RouteType::unreachable;
  }
  if ((flags & RTF_LOCAL) != 0) {
    return RouteType::local;
  }
  if ((flags & RTF_ANYCAST) != 0) {
    return RouteType::anycast;
  }
  const auto first = static_cast<std::uint8_t>(destination.bytes().front());
  return first == multicast_byte && prefix_length == multicast_length ? RouteType::multicast : RouteType::unicast;
}

} // namespace

Verdict add_proc_route(RouteRows& rows, std::string_view line) {
  if (line.starts_with("Iface\tDestination")) {
    return Verdict::heading;
  }
  Fields fields(line);
  const std::string_view interface = fields.next();
  const auto destination = parse_hex_address4(fields.next());
  const auto gateway = parse_hex_address4(fields.next());
  const auto flags = fields.next_number<std::uint32_t>(16);
  std::ignore = fields.next();                            // RefCnt, always 0
  std::ignore = fields.next();                            // Use, always 0
  const auto metric = fields.next_number<std::int64_t>(); // Printed as a signed number.
  const auto prefix_length = parse_mask(fields.next());
  const auto mtu = fields.next_number<std::uint32_t>();
  const auto window = fields.next_number<std::uint32_t>();
  const auto rtt = fields.next_number<std::uint32_t>();
  if (!destination || !gateway || !flags || !metric || !prefix_length || !mtu || !window || !rtt) {
    return Verdict::rejected;
  }
  Route row;
  row.destination = *destination;
  row.prefix_length = *prefix_length;
  row.metric = static_cast<std::uint32_t>(*metric);
  row.type = type_of(interface, *flags);
  row.gateway = (*flags & RTF_GATEWAY) != 0 ? gateway : std::nullopt;
  row.interface = interface == "*" ? std::nullopt : std::optional<std::string>(interface);
  row.advmss = *mtu > mtu_above_advmss ? std::optional(*mtu - mtu_above_advmss) : std::nullopt;
  row.window = unless_zero(*window);
  row.rtt = unless_zero(*rtt * rtt_units_per_ms);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_proc_route6(RouteRows& rows, std::string_view line) {
  Fields fields(line);
  const auto destination = parse_hex_address6(fields.next());
  const auto prefix_length = fields.next_number<std::uint8_t>(16);
  const auto source = parse_hex_address6(fields.next());
  const auto source_prefix_length = fields.next_number<std::uint8_t>(16);
  const auto gateway = parse_hex_address6(fields.next());
  const auto metric = fields.next_number<std::uint32_t>(16);
  std::ignore = fields.next(); // reference count
  std::ignore = fields.next(); // use
  const auto flags = fields.next_number<std::uint32_t>(16);
  const std::string_view interface = fields.next();
  if (!destination || !prefix_length || !source || !source_prefix_length || !gateway || !metric || !flags
      || interface.empty() || *prefix_length > longest_prefix6 || *source_prefix_length > longest_prefix6) {
    return Verdict::rejected;
  }
  // The null entry stands at the end of every table and is no route; a netlink dump leaves it out.
  const bool null_entry = (*flags & RTF_REJECT) != 0 && (*flags & RTF_NONEXTHOP) != 0 && *metric == null_entry_metric;
  if ((*flags & RTF_CACHE) != 0 || (null_entry && *prefix_length == 0)) {
    return Verdict::skipped;
  }
  Route row;
  row.destination = *destination;
  row.prefix_length = *prefix_length;
  row.source = *source_prefix_length != 0 ? source : std::nullopt;
  row.source_prefix_length = *source_prefix_length;
  row.metric = *metric;
  row.type = type_of6(*destination, *prefix_length, *flags);
  row.gateway = (*flags & RTF_GATEWAY) != 0 ? gateway : std::nullopt;
  row.interface = interface;
  row.preference = static_cast<RoutePreference>((*flags & RTF_PREF_MASK) >> preference_shift);
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
