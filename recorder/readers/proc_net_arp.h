// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"
#include "recorder/readers/rtnetlink_neighbour.h"

namespace hindstat {

/// Adds the row of one line of /proc/net/arp.
[[nodiscard]] Verdict add_arp_line(NeighbourRows& rows, std::string_view line);

} // namespace hindstat
