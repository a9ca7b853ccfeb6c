// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>
#include <vector>

#include "recorder/readers/sock_diag.h"
#include "tables/tcp_info.h"

namespace hindstat {

/// Rows of table tcp_info, beside those of table socket that the same dump gives.
class TcpInfoRows : public TableBuilder<std::remove_const_t<decltype(tcp_infos)>> {
public:
  TcpInfoRows() : TableBuilder(tcp_infos) {
  }

  /// A row where the message has a struct tcp_info; `socket_row` is that of the socket, and ascends. `boottime_ms`:
  /// when the source was asked.
  void add(const DiagSocket& socket, std::size_t socket_row, std::uint64_t boottime_ms);
  /// Forgets the rows of sockets beyond the first `rows`.
  void truncate_to_sockets(std::size_t rows);

private:
  TcpInfo row_;
  std::vector<std::size_t> socket_rows_;
};

} // namespace hindstat
