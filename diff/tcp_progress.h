// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "tables/snapshot.h"
#include "tables/socket.h"

namespace hindstat {

/// Whether a connection moved data from A to B, by the counters of table tcp_info where it was recorded. The snapshots
/// outlive it; what it looks up it builds when it is first asked.
class TcpProgress {
public:
  TcpProgress(const Snapshot& before, const Snapshot& after);

  /// Received (else acknowledged by the peer) more bytes; nullopt when that was not recorded on both sides.
  [[nodiscard]] std::optional<bool> moved(const Socket& socket, bool received);

private:
  struct Side {
    const Table* table = nullptr;
    std::unordered_map<std::uint64_t, std::uint32_t> row_of_cookie;
  };
  void index();
  [[nodiscard]] static std::optional<std::uint64_t> count(const Side& side, std::uint64_t cookie, bool received);

  std::array<Side, 2> sides_;
  bool indexed_ = false;
};

} // namespace hindstat
