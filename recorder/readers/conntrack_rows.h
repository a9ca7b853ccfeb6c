// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/conntrack.h"
#include "tables/conntrack_expectation.h"
#include "tables/conntrack_stat.h"

namespace hindstat {

/// Collect the rows of the tables of connection tracking from any source.
using ConntrackRows = TableBuilder<std::remove_const_t<decltype(conntracks)>>;
using ExpectationRows = TableBuilder<std::remove_const_t<decltype(conntrack_expectations)>>;
using ConntrackStatRows = TableBuilder<std::remove_const_t<decltype(conntrack_statistics)>>;

/// When a source was read: what the kernel tells relative to now counts from there.
struct ReadMoment {
  std::uint64_t boottime_ms = 0;
  std::uint64_t realtime_s = 0; ///< Since 1970.
};

/// One direction of a flow, as both netlink and the text files tell it.
struct FlowTuple {
  std::optional<IpAddress> source;
  std::optional<IpAddress> destination;
  std::optional<std::uint8_t> protocol;
  std::optional<std::uint16_t> source_port;
  std::optional<std::uint16_t> destination_port;
  std::optional<std::uint8_t> icmp_type;
  std::optional<std::uint8_t> icmp_code;
  std::optional<std::uint16_t> icmp_id;
  std::optional<std::uint16_t> zone; ///< Where this direction has one of its own.

  /// Both addresses are there and of one family.
  [[nodiscard]] bool is_whole() const {
    return source && destination && source->is_v6() == destination->is_v6();
  }
};

/// Sets the columns of both tuples. False when one of them is not whole or their families differ.
[[nodiscard]] bool set_tuples(Conntrack& row, const FlowTuple& original, const FlowTuple& reply);

/// What a flow with these tuples has rewritten: its source where answers go elsewhere than to it, its destination where
/// answers come from elsewhere. For sources that do not tell the status bits. Ports and ICMP identifiers count, ICMP
/// types do not: an answer has another by nature.
[[nodiscard]] FlagSet<NatKind> derive_nat(const Conntrack& row);

/// Counters by name, summed over the CPUs.
using ConntrackCounters = std::map<std::string, std::uint64_t, std::less<>>;

} // namespace hindstat
