// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/softnet.h"

namespace hindstat {

/// Collects the rows of table softnet.
using SoftnetRows = TableBuilder<std::remove_const_t<decltype(softnets)>>;

/// Adds the row of one line of /proc/net/softnet_stat. Rejected: a line of fewer than three numbers, or of anything
/// else.
[[nodiscard]] Verdict add_softnet_line(SoftnetRows& rows, std::string_view line);

} // namespace hindstat
