// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table socket without owners: sock_diag for each protocol and family, /proc/net where it does not answer and for ping
/// sockets. Coverage: "tcp=netlink ... raw6=proc icmp=proc icmp6=proc mptcp=netlink sctp=absent ...". In a namespace
/// other than the recorder's own no TCP, UDP, UDP-Lite or raw socket is asked for where /proc/net/sockstat counts none:
/// coverage then has "no_tcp=sockstat" and so on. Of TCP, sockets that are only bound are not seen then, and of MPTCP,
/// which goes with it, one that has lost its last subflow. From the same dumps table tcp_info, where it was
/// asked for.
void read_sockets(ReadContext& context);

} // namespace hindstat
