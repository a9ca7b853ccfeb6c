// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/route_exception.h"

namespace hindstat {

using RouteExceptionRows = TableBuilder<std::remove_const_t<decltype(route_exceptions)>>;

/// Adds the row of one RTM_NEWROUTE message's payload. Skipped: routes that are not of the cache (no RTM_F_CLONED) and
/// those of another family than `family`; rejected: a payload whose lengths do not fit together.
/// `boottime_ms`: when the dump began; expiries count from there.
[[nodiscard]] Verdict add_route_exception_message(RouteExceptionRows& rows, std::span<const std::byte> payload,
                                                  int family, const InterfaceNames& names, std::uint64_t boottime_ms);

} // namespace hindstat
