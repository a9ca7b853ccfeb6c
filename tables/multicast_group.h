// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Membership of an interface in an IP multicast group. Sources: /proc/net/igmp and /proc/net/igmp6, which alone count
/// the members, know pending reports and tell IPv4 groups on every kernel; else RTM_GETMULTICAST.
struct MulticastGroup {
  std::string netns;
  std::string interface;
  IpAddress group;
  std::optional<std::uint32_t> users;
  std::optional<std::uint64_t> report_expires;
};

inline constexpr auto multicast_groups = define_table<MulticastGroup>(
  "multicast_group", "IP multicast groups that interfaces have joined.",
  field<&MulticastGroup::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&MulticastGroup::interface>("interface", Role::key, "Interface name."),
  field<&MulticastGroup::group>("group", Role::key, "The group."),
  field<&MulticastGroup::users>("users", Role::attribute, "Memberships of sockets and of the kernel; only from /proc.",
                                Unit::count),
  field<&MulticastGroup::report_expires>("report_expires", Role::timer,
                                         "When the pending report is sent; only from /proc.", Unit::boottime_ms));

} // namespace hindstat
