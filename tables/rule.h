// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tables/ip_family.h"
#include "tables/route.h"
#include "tables/table_spec.h"

namespace hindstat {

/// What a policy rule does with a packet that it matches (FR_ACT_*).
enum class RuleAction : std::uint8_t {
  unspecified = 0,
  look_up = 1,
  go_to = 2,
  nop = 3,
  blackhole = 6,
  unreachable = 7,
  prohibit = 8,
};

template <>
struct NamesOf<RuleAction> {
  static constexpr std::array values = {
    ValueName{0, "unspecified"}, ValueName{1, "lookup"},      ValueName{2, "goto"},    ValueName{3, "nop"},
    ValueName{6, "blackhole"},   ValueName{7, "unreachable"}, ValueName{8, "prohibit"}};
};

/// FIB_RULE_*.
enum class RuleFlag : std::uint32_t {
  permanent = 0x1,
  inverted = 0x2,
  unresolved = 0x4,
  in_interface_missing = 0x8,
  out_interface_missing = 0x10,
  find_source = 0x1'0000,
};

template <>
struct NamesOf<RuleFlag> {
  static constexpr std::array values = {ValueName{0x1, "permanent"},     ValueName{0x2, "not"},
                                        ValueName{0x4, "unresolved"},    ValueName{0x8, "iif detached"},
                                        ValueName{0x10, "oif detached"}, ValueName{0x10000, "find source"}};
};

/// A rule of policy routing: which packets look which table up, in the order of priorities. Source: RTM_GETRULE.
struct Rule {
  std::string netns;
  IpFamily family = IpFamily::ipv4;
  std::uint32_t priority = 0;
  std::optional<IpAddress> source;
  std::uint8_t source_length = 0;
  std::optional<IpAddress> destination;
  std::uint8_t destination_length = 0;
  std::uint8_t tos = 0;
  std::optional<std::uint32_t> mark;
  std::optional<std::uint32_t> mark_mask;
  std::optional<std::string> in_interface;
  std::optional<std::string> out_interface;
  bool l3_master = false;
  std::optional<std::uint32_t> first_uid;
  std::optional<std::uint32_t> last_uid;
  std::optional<std::uint8_t> ip_protocol;
  std::optional<std::uint16_t> first_source_port;
  std::optional<std::uint16_t> last_source_port;
  std::optional<std::uint16_t> first_destination_port;
  std::optional<std::uint16_t> last_destination_port;
  std::optional<std::uint64_t> tunnel_id;
  std::optional<std::uint8_t> dscp;
  RuleAction action = RuleAction::unspecified;
  std::optional<std::uint32_t> table;
  std::optional<std::uint32_t> goto_priority;
  FlagSet<RuleFlag> flags;
  std::optional<RouteProtocol> protocol;
  std::optional<std::uint32_t> suppress_prefix_length;
  std::optional<std::uint32_t> suppress_interface_group;
  std::optional<std::uint32_t> realms;
};

inline constexpr auto rules = define_table<Rule>(
  "rule", "Rules of policy routing, in the order of their priorities.",
  field<&Rule::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Rule::family>("family", Role::key, "Which packets it is for."),
  field<&Rule::priority>("priority", Role::key, "Its place: the lowest comes first."),
  field<&Rule::source>("source", Role::key, "Source prefix that it matches; null for all."),
  field<&Rule::source_length>("source_length", Role::key, "Bits of the source prefix."),
  field<&Rule::destination>("destination", Role::key, "Destination prefix that it matches; null for all."),
  field<&Rule::destination_length>("destination_length", Role::key, "Bits of the destination prefix."),
  field<&Rule::tos>("tos", Role::key, "Type of service that it matches; 0 is any."),
  field<&Rule::mark>("mark", Role::key, "Firewall mark that it matches.", Unit::hex),
  field<&Rule::mark_mask>("mark_mask", Role::key, "Bits of the mark that count.", Unit::hex),
  field<&Rule::in_interface>("in_interface", Role::key, "Interface that packets come in by."),
  field<&Rule::out_interface>("out_interface", Role::key, "Interface that the sending socket is bound to."),
  field<&Rule::l3_master>("l3_master", Role::key, "Whether it matches interfaces of a VRF, whose table it takes."),
  field<&Rule::first_uid>("first_uid", Role::key, "Lowest user id that it matches."),
  field<&Rule::last_uid>("last_uid", Role::key, "Highest user id that it matches."),
  field<&Rule::ip_protocol>("ip_protocol", Role::key, "Number of the protocol that it matches."),
  field<&Rule::first_source_port>("first_source_port", Role::key, "Lowest source port that it matches."),
  field<&Rule::last_source_port>("last_source_port", Role::key, "Highest source port that it matches."),
  field<&Rule::first_destination_port>("first_destination_port", Role::key, "Lowest destination port that it matches."),
  field<&Rule::last_destination_port>("last_destination_port", Role::key, "Highest destination port that it matches."),
  field<&Rule::tunnel_id>("tunnel_id", Role::key, "Id of the tunnel that it matches."),
  field<&Rule::dscp>("dscp", Role::key, "DSCP that it matches."),
  field<&Rule::action>("action", Role::attribute, "What it does."),
  field<&Rule::table>("table", Role::attribute, "Routing table that it looks up; null where the action is another."),
  field<&Rule::goto_priority>("goto_priority", Role::attribute, "Priority that it goes on with."),
  field<&Rule::flags>("flags", Role::state, "Whether it is inverted (not), and what it lacks at the moment."),
  field<&Rule::protocol>("protocol", Role::attribute, "Who installed it."),
  field<&Rule::suppress_prefix_length>("suppress_prefix_length", Role::attribute,
                                       "Routes with a prefix of so many bits or fewer do not count."),
  field<&Rule::suppress_interface_group>("suppress_interface_group", Role::attribute,
                                         "Routes by interfaces of this group do not count."),
  field<&Rule::realms>("realms", Role::attribute, "Realms that it sets (FRA_FLOW).", Unit::hex));

} // namespace hindstat
