// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table socket without owners: sock_diag for each protocol and family, /proc/net where it does not answer and for ping
/// sockets. Coverage: "tcp=netlink ... raw6=proc icmp=proc icmp6=proc".
void read_sockets(ReadContext& context);

} // namespace hindstat
