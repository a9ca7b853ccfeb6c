// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/sockstat.h"

namespace hindstat {

/// Collects the rows of table sockstat.
using StatisticRows = TableBuilder<std::remove_const_t<decltype(socket_statistics)>>;

/// Adds the rows of one line of /proc/net/sockstat or sockstat6. Rejected (and nothing added): a line that is not a
/// protocol with a number for each name.
[[nodiscard]] Verdict add_socket_statistics(StatisticRows& rows, std::string_view line);

} // namespace hindstat
