// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/readers/proc_net_unix.h"
#include "recorder/readers/unix_diag.h"
#include "tables/unix_socket.h"

namespace hindstat {

/// Rows of table unix_socket from either source. One row struct is filled again and again.
class UnixRows {
public:
  UnixRows() : builder_(unix_sockets) {
  }

  /// False, and no row, where the type or the state is none that is known.
  [[nodiscard]] bool add(const DiagUnixSocket& socket, std::optional<std::uint32_t> references);
  [[nodiscard]] bool add(const ProcUnixSocket& socket);

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
  TableBuilder<std::remove_const_t<decltype(unix_sockets)>> builder_;
  UnixSocket row_;
};

} // namespace hindstat
