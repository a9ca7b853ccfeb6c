// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "recorder/readers/multicast_route_rows.h"

namespace hindstat {

/// Adds the row of one RTM_NEWROUTE message's payload. `family`: RTNL_FAMILY_IPMR or RTNL_FAMILY_IP6MR; others are
/// skipped. Rejected: a payload whose lengths do not fit together or without source and group.
/// `boottime_ms`: when the dump began; ages count back from there.
[[nodiscard]] Verdict add_multicast_route_message(MulticastRouteRows& rows, std::span<const std::byte> payload,
                                                  int family, const InterfaceNames& names, std::uint64_t boottime_ms);

} // namespace hindstat
