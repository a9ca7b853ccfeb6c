// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/nexthop.h"

namespace hindstat {

using NexthopRows = TableBuilder<std::remove_const_t<decltype(nexthops)>>;

/// Adds the row of one RTM_NEWNEXTHOP message's payload; rejected: one without an id or whose lengths do not fit.
[[nodiscard]] Verdict add_nexthop_message(NexthopRows& rows, std::span<const std::byte> payload,
                                          const InterfaceNames& names);

/// Table nexthop: one dump for all families.
void read_nexthops(ReadContext& context);

} // namespace hindstat
