// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "tables/route.h"

namespace hindstat {

/// Collects the rows of table route from either source.
using RouteRows = TableBuilder<std::remove_const_t<decltype(routes)>>;

} // namespace hindstat
