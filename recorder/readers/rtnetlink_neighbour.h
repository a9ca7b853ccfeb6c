// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/interface_names.h"
#include "tables/neighbour.h"

namespace hindstat {

using NeighbourRows = TableBuilder<std::remove_const_t<decltype(neighbours)>>;

/// Adds the row of one RTM_NEWNEIGH message's payload. Skipped: another family than `family`, and what needs no
/// resolution (NOARP); rejected: a payload whose lengths do not fit together or that names no address.
/// `boottime_ms`: when the dump began; ages count back from there.
[[nodiscard]] Verdict add_neighbour_message(NeighbourRows& rows, std::span<const std::byte> payload, int family,
                                            const InterfaceNames& names, std::uint64_t boottime_ms);

} // namespace hindstat
