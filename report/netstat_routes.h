// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/snapshot.h"

namespace hindstat {

/// Which routes are shown and how: the options of netstat -r.
struct RouteView {
  bool ipv4 = false; ///< With neither: IPv4 in text, as netstat; both as rows.
  bool ipv6 = false;
  int extend = 0; ///< -e and -ee: the other IPv4 layouts.
};

/// The rows of table route of these families, of every routing table, in a stable order.
[[nodiscard]] std::vector<std::uint32_t> select_routes(const Table& table, const RouteView& view);

/// What `netstat -rn` prints (net-tools 2.10): the main table for IPv4, all tables for IPv6. Differences: each further
/// hop of a multipath route has a line of its own; an IPv6 gateway of an IPv4 route is shown; names are never cut. Of
/// the IPv6 flags those that rtnetlink does not tell (A, D, C, a, m, f) are left out, Ref and Use are "-", and the
/// kernel's catch-all reject entry, which is no route, has no line. Terminal-safe.
[[nodiscard]] std::string format_routes(const Snapshot& snapshot, const RouteView& view);

} // namespace hindstat
