// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table socket_owner, and the columns pid and fd of the tables socket and unix_socket, which must have been read:
/// all from the owner scan. Adds "owners=complete" to the coverage of those two.
void read_socket_owners(ReadContext& context);

/// What the scan says about its own completeness: "complete", "partial", "denied", "absent" or "failed".
[[nodiscard]] std::string_view owner_coverage(const OwnerScan& scan);

/// Keeps or misses a table that is made of the owner scan.
void keep_owner_table(ReadContext& context, Capture capture, Table table);

} // namespace hindstat
