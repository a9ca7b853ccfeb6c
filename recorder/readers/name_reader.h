// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table user: names from /etc/passwd of the uids in the tables socket and unix_socket, which must have been read.
void read_users(ReadContext& context);

/// Table service: names from /etc/services of the tcp and udp ports, of either end, in table socket, which must have
/// been read.
void read_services(ReadContext& context);

} // namespace hindstat
