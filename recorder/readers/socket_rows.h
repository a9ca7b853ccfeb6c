// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/readers/interface_names.h"
#include "recorder/readers/proc_net_socket.h"
#include "recorder/readers/sock_diag.h"
#include "tables/socket.h"

namespace hindstat {

/// Rows of table socket from either source. One row struct is filled again and again: no allocation per socket.
class SocketRows {
public:
  SocketRows() : builder_(sockets) {
  }

  /// `boottime_ms`: when the source was asked; timers count from there. A TCP socket in state CLOSE is
  /// BOUND_INACTIVE: the kernel lists a closed one only when it is bound (inet_diag.c).
  void add(SocketProtocol protocol, const DiagSocket& socket, const InterfaceNames& names, std::uint64_t boottime_ms);
  void add(SocketProtocol protocol, const ProcSocket& socket, std::uint64_t boottime_ms);

  void reserve(std::size_t rows) {
    builder_.reserve(rows);
  }
  [[nodiscard]] std::size_t size() const {
    return builder_.size();
  }
  void truncate(std::size_t size) {
    builder_.truncate(size);
  }
  [[nodiscard]] Table build() && {
    return std::move(builder_).build();
  }

private:
  TableBuilder<std::remove_const_t<decltype(sockets)>> builder_;
  Socket row_;
};

} // namespace hindstat
