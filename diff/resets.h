// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "diff/event.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Marks connections that are gone from ESTABLISHED or CLOSE_WAIT without a trace as possibly reset where the kernel
/// counted resets in their namespace (EstabResets of Tcp, TCPAbort* of TcpExt; diff-semantics 3.4). Where the other
/// end is in the same namespace and closed in order, this one did, too. Nothing is marked across boots, or where the
/// counters are not there on both sides or started again. `events` are those of table socket.
void mark_possible_resets(std::vector<Event>& events, const Snapshot& before, const Snapshot& after, bool same_boot);

} // namespace hindstat
