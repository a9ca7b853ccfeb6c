// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One decision of the IPv4 routing cache of Linux before 3.6. Source: /proc/net/rt_cache, in the layout of 2.0 (`tos`
/// and `specific_destination` are null, `hh_references` and `hh_up_to_date` are its HH and ARP) or of 2.2 and later.
/// Since 3.6 there is none, and the file has a heading only: see route_exception.
struct RouteCacheEntry {
  std::string netns;
  IpAddress source;
  IpAddress destination;
  std::optional<std::uint8_t> tos;
  std::optional<std::string> interface;
  IpAddress gateway;
  std::uint32_t flags = 0;
  std::int32_t metric = 0;
  std::uint32_t mtu = 0;
  std::uint32_t window = 0;
  std::optional<IpAddress> specific_destination;
  std::uint32_t irtt = 0;
  std::int32_t references = 0;
  std::uint32_t uses = 0;
  std::int32_t hh_references = 0;
  std::int32_t hh_up_to_date = 0;
};

inline constexpr auto route_cache_entries = define_table<RouteCacheEntry>(
  "route_cache", "The IPv4 routing cache of Linux before 3.6: one row a decision.",
  field<&RouteCacheEntry::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&RouteCacheEntry::source>("source", Role::key, "Source address."),
  field<&RouteCacheEntry::destination>("destination", Role::key, "Destination address."),
  field<&RouteCacheEntry::tos>("tos", Role::key, "Type of service; null in the layout of Linux 2.0."),
  field<&RouteCacheEntry::interface>("interface", Role::key, "Outgoing interface; null where the file has *."),
  field<&RouteCacheEntry::gateway>("gateway", Role::attribute, "Next hop; the destination itself where there is none."),
  field<&RouteCacheEntry::flags>("flags", Role::attribute, "RTCF_* bits; RTF_* in the layout of Linux 2.0.", Unit::hex),
  field<&RouteCacheEntry::metric>("metric", Role::attribute, "Always 0 but in very old kernels."),
  field<&RouteCacheEntry::mtu>("mtu", Role::attribute, "Path MTU; since 2.4 the maximum segment size and 40.",
                               Unit::bytes),
  field<&RouteCacheEntry::window>("window", Role::attribute, "Largest window to advertise.", Unit::bytes),
  field<&RouteCacheEntry::specific_destination>("specific_destination", Role::attribute,
                                                "Local address that answers use (SpecDst)."),
  field<&RouteCacheEntry::irtt>("irtt", Role::gauge, "Round trip time, in the kernel's own unit of that time."),
  field<&RouteCacheEntry::references>("references", Role::note, "Users of the entry."),
  field<&RouteCacheEntry::uses>("uses", Role::note, "How often it was used."),
  field<&RouteCacheEntry::hh_references>("hh_references", Role::note,
                                         "Users of its hardware header; -1 where it has none."),
  field<&RouteCacheEntry::hh_up_to_date>("hh_up_to_date", Role::note, "Whether the hardware header is valid."));

} // namespace hindstat
