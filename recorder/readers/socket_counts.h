// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "recorder/read_context.h"
#include "tables/socket.h"

namespace hindstat {

/// How many sockets /proc/net/sockstat and sockstat6 count in a namespace: what is not there need not be asked for,
/// and to ask for nothing at all costs up to 4 ms. Files that are missing or not understood say that all may be there.
class SocketCounts {
public:
  explicit SocketCounts(ReadContext& context);

  /// Whether there is no socket of the protocol, in neither family. TCP counts those in TIME_WAIT, not those that are
  /// only bound; MPTCP, which has no count of its own, is there where TCP is, but for one whose last subflow is gone.
  [[nodiscard]] bool has_none(SocketProtocol protocol) const {
    return absent_.contains(protocol);
  }

  /// TCP sockets of both families, those in TIME_WAIT among them; 0 where it is not told.
  [[nodiscard]] std::uint64_t tcp() const {
    return tcp_;
  }

private:
  std::set<SocketProtocol> absent_;
  std::uint64_t tcp_ = 0;
};

} // namespace hindstat
