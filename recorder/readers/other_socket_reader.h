// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Keeps table other_socket: sock_diag for vsock, xdp, tipc and smc, files for the others. Coverage: the families that
/// answered, or did not for another reason than that the kernel lacks them: "vsock=netlink ax25=proc l2cap=denied".
void read_other_sockets(ReadContext& context);

/// Keeps table other_route: routes of IPX, AppleTalk and X.25, whose coverage is told in the same way.
void read_other_routes(ReadContext& context);

} // namespace hindstat
