// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/conntrack.h"

namespace hindstat {

/// Flags of an expectation (NF_CT_EXPECT_*).
enum class ExpectationFlag : std::uint32_t { permanent = 1, inactive = 2, userspace = 4 };

template <>
struct NamesOf<ExpectationFlag> {
  static constexpr std::array values = {ValueName{1, "permanent"}, ValueName{2, "inactive"}, ValueName{4, "userspace"}};
};

/// One flow that a helper waits for, such as the data connection of FTP. Its mask says which parts of the tuple count.
/// Sources: ctnetlink (IPCTNL_MSG_EXP_GET), else /proc/net/nf_conntrack_expect.
struct ConntrackExpectation {
  std::string netns;
  std::uint16_t zone = 0;
  FlowProtocol protocol = FlowProtocol::ip;
  IpAddress source;
  std::optional<std::uint16_t> source_port;
  IpAddress destination;
  std::optional<std::uint16_t> destination_port;
  std::optional<std::uint32_t> id;
  std::optional<IpAddress> mask_source;
  std::optional<std::uint16_t> mask_source_port;
  std::optional<IpAddress> mask_destination;
  std::optional<std::uint16_t> mask_destination_port;
  std::optional<IpAddress> master_source;
  std::optional<std::uint16_t> master_source_port;
  std::optional<IpAddress> master_destination;
  std::optional<std::uint16_t> master_destination_port;
  std::optional<std::string> helper;
  std::optional<FlagSet<ExpectationFlag>> flags;
  std::optional<std::uint64_t> expires;
};

inline constexpr auto conntrack_expectations = define_table<ConntrackExpectation>(
  "conntrack_expectation", "Flows that connection tracking helpers expect, such as FTP data connections.",
  field<&ConntrackExpectation::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&ConntrackExpectation::zone>("zone", Role::key, "Conntrack zone; 0 is the default zone."),
  field<&ConntrackExpectation::protocol>("protocol", Role::key, "Transport protocol."),
  field<&ConntrackExpectation::source>("source", Role::key, "Source that is expected, where its mask counts it."),
  field<&ConntrackExpectation::source_port>("source_port", Role::key, "Source port, where its mask counts it."),
  field<&ConntrackExpectation::destination>("destination", Role::key, "Destination that is expected."),
  field<&ConntrackExpectation::destination_port>("destination_port", Role::key, "Destination port."),
  field<&ConntrackExpectation::id>("id", Role::incarnation, "Kernel's identifier; only from netlink."),
  field<&ConntrackExpectation::mask_source>("mask_source", Role::attribute,
                                            "Bits of the source that count; only from netlink, as all masks."),
  field<&ConntrackExpectation::mask_source_port>("mask_source_port", Role::attribute,
                                                 "Bits of the source port that count."),
  field<&ConntrackExpectation::mask_destination>("mask_destination", Role::attribute,
                                                 "Bits of the destination that count."),
  field<&ConntrackExpectation::mask_destination_port>("mask_destination_port", Role::attribute,
                                                      "Bits of the destination port that count."),
  field<&ConntrackExpectation::master_source>("master_source", Role::attribute,
                                              "Source of the flow that led to it; only from netlink, as all of it."),
  field<&ConntrackExpectation::master_source_port>("master_source_port", Role::attribute,
                                                   "Source port of the flow that led to it."),
  field<&ConntrackExpectation::master_destination>("master_destination", Role::attribute,
                                                   "Destination of the flow that led to it."),
  field<&ConntrackExpectation::master_destination_port>("master_destination_port", Role::attribute,
                                                        "Destination port of the flow that led to it."),
  field<&ConntrackExpectation::helper>("helper", Role::attribute, "Helper that expects it."),
  field<&ConntrackExpectation::flags>("flags", Role::attribute, "Permanent, inactive or made by a program."),
  field<&ConntrackExpectation::expires>("expires", Role::timer, "When it is given up.", Unit::boottime_ms));

} // namespace hindstat
