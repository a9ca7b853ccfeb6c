// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/netstat_routes.h"
#include "tables/snapshot.h"

namespace hindstat {

/// The rows of table route_exception of these families, in a stable order.
[[nodiscard]] std::vector<std::uint32_t> select_route_exceptions(const Table& table, const RouteView& view);

/// The rows of table route_cache, which is IPv4, in a stable order.
[[nodiscard]] std::vector<std::uint32_t> select_route_cache(const Table& table, const RouteView& view);

/// What `netstat -rC` prints (net-tools 2.10), both families unless one is chosen: the routing cache of Linux before
/// 3.6 in its layouts, else what later kernels learned, whose path MTU and seconds until it is forgotten stand where
/// MSS, Window and irtt were. Terminal-safe.
[[nodiscard]] std::string format_route_cache(const Snapshot& snapshot, const RouteView& view);

} // namespace hindstat
