// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "recorder/readers/route_rows.h"

namespace hindstat {

/// Adds the rows of one RTM_NEWROUTE message's payload, one a next hop. Skipped: cached routes (RTM_F_CLONED) and
/// families other than IPv4 and IPv6; rejected (and nothing added): a payload whose lengths do not fit together.
/// `boottime_ms`: when the dump began; expiries count from there.
[[nodiscard]] Verdict add_route_message(RouteRows& rows, std::span<const std::byte> payload,
                                        const InterfaceNames& names, std::uint64_t boottime_ms);

} // namespace hindstat
