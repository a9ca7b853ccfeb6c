// SPDX-License-Identifier: MIT
#pragma once

#include <map>

#include "recorder/read_context.h"
#include "recorder/readers/multicast_route_rows.h"

namespace hindstat {

/// An interface of multicast routing, whose number the cache names.
struct MulticastVif {
  int number = 0;
  std::string name;
};

/// Reads a line of /proc/net/ip_mr_vif or ip6_mr_vif; nullopt for the heading and everything else.
[[nodiscard]] std::optional<MulticastVif> parse_mr_vif_line(std::string_view line);

/// Adds the row of one line of /proc/net/ip_mr_cache or ip6_mr_cache.
[[nodiscard]] Verdict add_mr_cache_line(MulticastRouteRows& rows, std::string_view line,
                                        const std::map<int, std::string>& vifs);

} // namespace hindstat
