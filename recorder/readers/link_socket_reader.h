// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Keeps table packet_socket: packet_diag, else /proc/net/packet.
void read_packet_sockets(ReadContext& context);

/// Keeps table netlink_socket: netlink_diag, else /proc/net/netlink.
void read_netlink_sockets(ReadContext& context);

} // namespace hindstat
