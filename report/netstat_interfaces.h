// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which interfaces are shown and how: the options of netstat -i.
struct InterfaceView {
  bool all = false;     ///< -a: those that are down as well.
  bool extend = false;  ///< -e: the long form of ifconfig, with the addresses of table address.
  bool details = false; ///< -ee: below it what ifconfig does not know: kind, master, other names, every counter.
};

/// The rows of table interface that netstat would show, by name. An interface whose flags are not known is shown.
[[nodiscard]] std::vector<std::uint32_t> select_interfaces(const Table& table, const InterfaceView& view);

/// What `netstat -i` or `netstat -ie` prints (net-tools 2.10), for each network namespace of the snapshot, with the
/// sums of /proc/net/dev: RX-DRP counts what the device missed, too. Differences: names are never cut, all IPv4
/// addresses stand with their interface, and what was not recorded is "-". Terminal-safe.
[[nodiscard]] std::string format_interfaces(const Snapshot& snapshot, const InterfaceView& view);

} // namespace hindstat
