// SPDX-License-Identifier: MIT
#pragma once

#include "tables/multicast_route.h"

namespace hindstat {

using MulticastRouteRows = TableBuilder<std::remove_const_t<decltype(multicast_routes)>>;

/// Adds an interface that packets leave by: "a b/5".
inline void add_out_interface(MulticastRoute& row, std::string_view name, unsigned ttl) {
  row.out_interfaces.append(row.out_interfaces.empty() ? "" : " ").append(name);
  row.out_interfaces += ttl != 1 ? "/" + std::to_string(ttl) : "";
}

} // namespace hindstat
