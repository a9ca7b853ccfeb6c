// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "recorder/read_context.h"
#include "recorder/readers/route_rows.h"

namespace hindstat {

/// Adds the row of one line of /proc/net/route below its header. The file holds table main only, of a multipath route
/// the first hop only, and neither protocol nor scope.
[[nodiscard]] Verdict add_proc_route(RouteRows& rows, std::string_view line);

/// Adds the row of one line of /proc/net/ipv6_route. The file does not say which table a route is in: 254 is put.
/// Cached routes (RTF_CACHE) and the null entry of each table are skipped.
[[nodiscard]] Verdict add_proc_route6(RouteRows& rows, std::string_view line);

} // namespace hindstat
