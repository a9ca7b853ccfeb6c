// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/readers/proc_net_unix.h"
#include "recorder/readers/unix_diag.h"
#include "tables/unix_socket.h"

namespace hindstat {

/// Rows of table unix_socket from either source. One row struct is filled again and again.
class UnixRows : public TableBuilder<std::remove_const_t<decltype(unix_sockets)>> {
public:
  UnixRows() : TableBuilder(unix_sockets) {
  }

  /// False, and no row, where the type or the state is none that is known.
  [[nodiscard]] bool add(const DiagUnixSocket& socket, std::optional<std::uint32_t> references);
  [[nodiscard]] bool add(const ProcUnixSocket& socket);

private:
  UnixSocket row_;
};

} // namespace hindstat
