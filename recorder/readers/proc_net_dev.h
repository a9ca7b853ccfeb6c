// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/interface.h"

namespace hindstat {

/// Collects the rows of table interface from either source.
using InterfaceRows = TableBuilder<std::remove_const_t<decltype(interfaces)>>;

/// Adds the row of one line of /proc/net/dev; its two header lines are headings. Layouts by their number of columns:
/// 16; before Linux 2.2 13, without compressed and multicast packets, and before these 11, without bytes too. What a
/// layout does not have is null. Columns that are sums of several counters are left out.
[[nodiscard]] Verdict add_proc_interface(InterfaceRows& rows, std::string_view line);

} // namespace hindstat
