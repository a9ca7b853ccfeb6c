// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tables/snapshot.h"

namespace hindstat {

/// How long something lasts at most, and how that is known.
struct TimeLimit {
  std::int64_t ms = 0;
  std::string why; ///< "net.ipv4.tcp_fin_timeout 60", or that it was not recorded and the kernel's default is taken.
};

/// Time limits of TCP in one network namespace. A program may set others for its own sockets (TCP_LINGER2, TCP_SYNCNT).
struct TcpLimits {
  TimeLimit fin_wait2; ///< Of a FIN_WAIT2 that no process holds: tcp_fin_timeout.
  TimeLimit syn_sent;  ///< tcp_syn_retries, and from kernel 6.5 on tcp_syn_linear_timeouts.
  TimeLimit syn_recv;  ///< tcp_synack_retries.
  /// For data that nobody acknowledges: tcp_retries2, with the shortest timeouts there are. A slow connection may last
  /// longer.
  TimeLimit unacknowledged;
  std::uint32_t doubtful_retries = 3; ///< So many retransmissions make the kernel look for another route: tcp_retries1.
};

/// The limits of every namespace of two snapshots of one host, from the table of settings of both: where they differ
/// the longer time, where none was recorded the kernel's default.
class TcpTimeouts {
public:
  /// The kernel's defaults everywhere.
  TcpTimeouts();
  TcpTimeouts(const Snapshot& before, const Snapshot& after);

  [[nodiscard]] const TcpLimits& of(const std::string& netns) const;

private:
  TcpLimits defaults_;
  std::map<std::string, TcpLimits> of_namespace_;
};

} // namespace hindstat
