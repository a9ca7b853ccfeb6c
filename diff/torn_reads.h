// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "diff/side_rows.h"

namespace hindstat {

/// A table of sockets is read bucket by bucket while sockets move: one socket may be read twice. Leaves of each such
/// socket the row that is further along, and returns how many rows went. Rows with different cookies are different
/// sockets and stay; so do SO_REUSEPORT listeners and datagram sockets that share a name.
std::size_t collapse_torn_reads(SideRows& rows);

} // namespace hindstat
