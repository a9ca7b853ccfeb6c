// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// What TCP remembers about a peer from earlier connections: round trip time, thresholds, Fast Open. The columns MSS,
/// Window and irtt of the old routing cache live here since Linux 3.6. Source: generic netlink, family tcp_metrics.
struct TcpMetric {
  std::string netns;
  IpAddress destination;
  std::optional<IpAddress> source;
  std::optional<std::uint32_t> rtt;
  std::optional<std::uint32_t> rttvar;
  std::optional<std::uint32_t> ssthresh;
  std::optional<std::uint32_t> cwnd;
  std::optional<std::uint32_t> reordering;
  std::optional<std::uint16_t> fastopen_mss;
  std::optional<std::uint16_t> fastopen_syn_drops;
  std::optional<std::string> fastopen_cookie;
  std::optional<std::uint64_t> updated;
  std::optional<std::uint64_t> fastopen_dropped;
};

inline constexpr auto tcp_metrics = define_table<TcpMetric>(
  "tcp_metric", "What TCP remembers about peers from earlier connections.",
  field<&TcpMetric::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&TcpMetric::destination>("destination", Role::key, "The peer."),
  field<&TcpMetric::source>("source", Role::key, "The local address."),
  field<&TcpMetric::rtt>("rtt", Role::gauge, "Round trip time.", Unit::microseconds),
  field<&TcpMetric::rttvar>("rttvar", Role::gauge, "Its variance.", Unit::microseconds),
  field<&TcpMetric::ssthresh>("ssthresh", Role::gauge, "Slow start threshold, segments.", Unit::count),
  field<&TcpMetric::cwnd>("cwnd", Role::gauge, "Congestion window, segments.", Unit::count),
  field<&TcpMetric::reordering>("reordering", Role::gauge, "Reordering, segments.", Unit::count),
  field<&TcpMetric::fastopen_mss>("fastopen_mss", Role::attribute, "Maximum segment size of Fast Open.", Unit::bytes),
  field<&TcpMetric::fastopen_syn_drops>("fastopen_syn_drops", Role::gauge, "SYNs with data that were lost in a row.",
                                        Unit::count),
  field<&TcpMetric::fastopen_cookie>("fastopen_cookie", Role::attribute, "Cookie of Fast Open, hexadecimal."),
  field<&TcpMetric::updated>("updated", Role::timer, "When it was last written.", Unit::boottime_ms),
  field<&TcpMetric::fastopen_dropped>("fastopen_dropped", Role::timer, "When such a SYN was last lost.",
                                      Unit::boottime_ms));

} // namespace hindstat
