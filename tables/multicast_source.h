// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// A source that sockets want of a multicast group, or do not want. Sources: /proc/net/mcfilter and mcfilter6.
struct MulticastSource {
  std::string netns;
  std::string interface;
  IpAddress group;
  IpAddress source;
  std::uint64_t including = 0;
  std::uint64_t excluding = 0;
};

inline constexpr auto multicast_sources = define_table<MulticastSource>(
  "multicast_source", "Source filters of multicast groups.",
  field<&MulticastSource::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&MulticastSource::interface>("interface", Role::key, "Interface name."),
  field<&MulticastSource::group>("group", Role::key, "The group."),
  field<&MulticastSource::source>("source", Role::key, "Who sends to it."),
  field<&MulticastSource::including>("including", Role::attribute, "Memberships that want this source.", Unit::count),
  field<&MulticastSource::excluding>("excluding", Role::attribute, "Memberships that do not want it.", Unit::count));

} // namespace hindstat
