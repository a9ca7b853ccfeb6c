// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One number of a protocol. Sources: /proc/net/snmp, netstat, snmp6 and sctp/snmp; by name, never by position.
/// What only grows is in `count`; settings and levels (Forwarding, RtoMin, MaxConn, CurrEstab) are in `level`.
struct ProtocolCounter {
  std::string netns;
  std::string group;
  std::string name;
  std::optional<std::uint64_t> count;
  std::optional<std::int64_t> level;
};

inline constexpr auto protocol_counters = define_table<ProtocolCounter>(
  "protocol_counter", "Counters and levels of the protocols, as netstat -s shows them.",
  field<&ProtocolCounter::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&ProtocolCounter::group>(
    "group", Role::key, "Ip, Icmp, IcmpMsg, Tcp, Udp, UdpLite, TcpExt, IpExt, MPTcpExt, Sctp, Ip6, Icmp6, ..."),
  field<&ProtocolCounter::name>("name", Role::key, "The kernel's name within the group."),
  field<&ProtocolCounter::count>("count", Role::counter, "Value of a counter; null for a level.", Unit::count),
  field<&ProtocolCounter::level>("level", Role::gauge, "Value of a level or setting; -1 is the kernel's 'no limit'."));

} // namespace hindstat
