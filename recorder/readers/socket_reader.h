// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Tables socket and socket_owner: sock_diag for each protocol and family, /proc/net where it does not answer, joined
/// with the owner scan. Coverage: "tcp=netlink ... raw6=proc owners=complete".
void read_sockets(ReadContext& context);

/// What the scan says about its own completeness: "complete", "partial", "denied", "absent" or "failed".
[[nodiscard]] std::string_view owner_coverage(const OwnerScan& scan);

/// Begins, keeps or misses a table that is made of the owner scan.
void keep_owner_table(ReadContext& context, Capture capture, Table table);

} // namespace hindstat
