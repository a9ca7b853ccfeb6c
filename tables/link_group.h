// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// A link-layer multicast address that an interface receives. Source: /proc/net/dev_mcast.
struct LinkGroup {
  std::string netns;
  std::string interface;
  std::string address;
  std::uint32_t users = 0;
  std::uint32_t added_by_hand = 0;
};

inline constexpr auto link_groups = define_table<LinkGroup>(
  "link_group", "Link-layer multicast addresses that interfaces receive.",
  field<&LinkGroup::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&LinkGroup::interface>("interface", Role::key, "Interface name."),
  field<&LinkGroup::address>("address", Role::key, "The link-layer address."),
  field<&LinkGroup::users>("users", Role::attribute, "How many need it.", Unit::count),
  field<&LinkGroup::added_by_hand>("added_by_hand", Role::attribute, "Whether somebody added it (ip maddr add)."));

} // namespace hindstat
