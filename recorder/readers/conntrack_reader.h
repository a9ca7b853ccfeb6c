// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Fills the tables conntrack, conntrack_expectation and conntrack_stat. Harmless: ctnetlink is asked only where
/// connection tracking is there already (/proc/sys/net/netfilter/nf_conntrack_count exists), because asking could load
/// modules, and for flows only where that count is not 0, because a dump walks the table of the whole machine.
void read_connection_tracking(ReadContext& context);

} // namespace hindstat
