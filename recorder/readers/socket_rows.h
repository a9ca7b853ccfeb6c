// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/readers/interface_names.h"
#include "recorder/readers/proc_net_socket.h"
#include "recorder/readers/sock_diag.h"
#include "tables/socket.h"

namespace hindstat {

/// Rows of table socket from either source. One row struct is filled again and again: no allocation per socket.
class SocketRows : public TableBuilder<std::remove_const_t<decltype(sockets)>> {
public:
  SocketRows() : TableBuilder(sockets) {
  }

  /// `boottime_ms`: when the source was asked; timers count from there. A TCP socket in state CLOSE is
  /// BOUND_INACTIVE: the kernel lists a closed one only when it is bound (inet_diag.c).
  void add(SocketProtocol protocol, const DiagSocket& socket, const InterfaceNames& names, std::uint64_t boottime_ms);
  void add(SocketProtocol protocol, const ProcSocket& socket, std::uint64_t boottime_ms);

private:
  Socket row_;
};

} // namespace hindstat
