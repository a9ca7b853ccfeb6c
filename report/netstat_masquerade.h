// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which flows are shown and how: the options of netstat -M.
struct MasqueradeView {
  bool ipv4 = false; ///< With neither: both.
  bool ipv6 = false;
  bool extend = false;        ///< -e: how a helper shifts the TCP stream.
  bool wide = false;          ///< -W: both tuples, state, flags, zone, mark and counters.
  bool service_names = false; ///< Ports by their names in table service, where they have one.
  bool host_names = false;    ///< Addresses by their names in table resolved_name, where they have one.
};

/// The rows of table conntrack that are rewritten (NAT), in a stable order. All others: --table conntrack.
[[nodiscard]] std::vector<std::uint32_t> select_masquerade(const Table& table, const MasqueradeView& view);

/// What `netstat -M` prints (net-tools 2.10), from what connection tracking knows: as in the kernel's
/// own mapping (2.4's ip_fw_compat), source and destination are those of the flow's first packet and the port in
/// brackets is the one that answers go to. Flows without ports have "-" for them, ICMP its identifier, "type/code" and
/// identifier. IPv6 flows are shown too, and the heading also where there are none. Terminal-safe.
[[nodiscard]] std::string format_masquerade(const Snapshot& snapshot, const MasqueradeView& view);

} // namespace hindstat
