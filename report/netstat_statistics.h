// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which counters are shown: the options of netstat -s.
struct StatisticsView {
  bool tcp = false; ///< With none of the five: all groups.
  bool udp = false;
  bool udplite = false; ///< As in netstat, its groups are always among those shown.
  bool raw = false;     ///< The groups of IP and ICMP.
  bool sctp = false;
  bool ipv4 = false; ///< With neither: IPv4 in text, as netstat; both as rows.
  bool ipv6 = false; ///< Alone: the groups of IPv6, and Tcp, which has none of its own.
};

/// The rows of table protocol_counter of the groups that netstat -s with these options shows, in its order; zeros and
/// settings too.
[[nodiscard]] std::vector<std::uint32_t> select_statistics(const Table& table, const StatisticsView& view);

/// What `netstat -s` with these options prints (net-tools 2.10), for each network namespace of the snapshot. A counter
/// that has no sentence is printed by its name when it is not zero. Terminal-safe.
[[nodiscard]] std::string format_statistics(const Snapshot& snapshot, const StatisticsView& view);

} // namespace hindstat
