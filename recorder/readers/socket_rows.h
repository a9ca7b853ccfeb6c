// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/readers/interface_names.h"
#include "recorder/readers/proc_net_sctp.h"
#include "recorder/readers/proc_net_socket.h"
#include "recorder/readers/sock_diag.h"
#include "recorder/readers/tcp_info_rows.h"
#include "tables/socket.h"

namespace hindstat {

/// The state of an SCTP association by its number since Linux 3.11: SCTP_STATE_CLOSED is 0.
[[nodiscard]] TcpState state_of_association(std::uint8_t number);

/// Rows of table socket from either source. One row struct is filled again and again: no allocation per socket.
class SocketRows : public TableBuilder<std::remove_const_t<decltype(sockets)>> {
public:
  /// `infos`: where the rows of table tcp_info go that the messages give; lives as long as these, null where none are
  /// wanted.
  explicit SocketRows(TcpInfoRows* infos = nullptr) : TableBuilder(sockets), infos_(infos) {
  }

  /// Also of the rows of tcp_info.
  void truncate(std::size_t rows);
  void reserve(std::size_t rows);

  /// `boottime_ms`: when the source was asked; timers count from there. A TCP socket in state CLOSE is
  /// BOUND_INACTIVE: the kernel lists a closed one only when it is bound (inet_diag.c).
  void add(SocketProtocol protocol, const DiagSocket& socket, const InterfaceNames& names, std::uint64_t boottime_ms);
  void add(SocketProtocol protocol, const ProcSocket& socket, std::uint64_t boottime_ms);
  void add(const SctpRecord& record);

private:
  TcpInfoRows* infos_;
  Socket row_;
};

} // namespace hindstat
