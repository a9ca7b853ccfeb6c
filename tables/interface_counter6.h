// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One IPv6 counter of one interface. Source: /proc/net/dev_snmp6/INTERFACE (net/ipv6/proc.c).
struct InterfaceCounter6 {
  std::string netns;
  std::string interface;
  std::string group;
  std::string name;
  std::uint64_t count = 0;
};

inline constexpr auto interface_counters6 = define_table<InterfaceCounter6>(
  "interface_counter6", "IPv6 and ICMPv6 counters of each interface.",
  field<&InterfaceCounter6::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&InterfaceCounter6::interface>("interface", Role::key, "Interface name."),
  field<&InterfaceCounter6::group>("group", Role::key, "Ip6 or Icmp6."),
  field<&InterfaceCounter6::name>("name", Role::key, "The kernel's name within the group."),
  field<&InterfaceCounter6::count>("count", Role::counter, "Value.", Unit::count));

} // namespace hindstat
