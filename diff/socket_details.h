// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "diff/event.h"
#include "tables/snapshot.h"

namespace hindstat {

/// What is left of the events of tables socket_owner and tcp_info, which hold details of sockets, when table socket has
/// told its own: that a socket came or went is not told again for each further descriptor of it and for its counters.
/// Levels of tcp_info (round trip times, windows) move all the time: they are told as counters are, hidden.
[[nodiscard]] std::vector<Event> without_what_sockets_tell(std::vector<Event> events, const Snapshot& before,
                                                           const Snapshot& after);

} // namespace hindstat
