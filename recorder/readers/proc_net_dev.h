// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/interface.h"

namespace hindstat {

/// Collects the rows of table interface from either source.
using InterfaceRows = TableBuilder<std::remove_const_t<decltype(interfaces)>>;

/// Adds the row of one line of /proc/net/dev; its two header lines are skipped. Layouts by their number of columns:
/// 16; 13 of Linux 2.0, without compressed and multicast packets; 11 of Linux 1.x, without bytes too (these are 0).
/// Columns that are sums of several counters are left out.
[[nodiscard]] Verdict add_proc_interface(InterfaceRows& rows, std::string_view line);

} // namespace hindstat
