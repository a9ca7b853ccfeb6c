// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/other_route.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Which routes of table other_route are shown: netstat -r -A ipx and its kin.
struct OtherRouteView {
  std::vector<OtherRouteFamily> families; ///< None: all of them.
};

/// The rows of these families in a stable order.
[[nodiscard]] std::vector<std::uint32_t> select_other_routes(const Table& table, const OtherRouteView& view);

/// What `netstat -r -A ipx` and `netstat -r -A ddp` print (net-tools 2.10), and X.25 in the way of /proc/net/x25/route;
/// a family that was not told says so. A direct route of IPX says "Directly Connected", of which netstat makes numbers.
/// Terminal-safe.
[[nodiscard]] std::string format_other_routes(const Snapshot& snapshot, const OtherRouteView& view);

} // namespace hindstat
