// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which multicast groups are shown: the options of netstat -g.
struct GroupView {
  bool ipv4 = false; ///< With neither: both.
  bool ipv6 = false;
};

/// The rows of table multicast_group of these families: IPv4 first, then by interface and group.
[[nodiscard]] std::vector<std::uint32_t> select_groups(const Table& table, const GroupView& view);

/// What `netstat -gn` prints (net-tools 2.10), for each network namespace of the snapshot. RefCnt is "-" where it is
/// not known. Terminal-safe.
[[nodiscard]] std::string format_groups(const Snapshot& snapshot, const GroupView& view);

} // namespace hindstat
