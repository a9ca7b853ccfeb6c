// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tables/ip_address.h"

namespace hindstat {

/// One line of /proc/net/{tcp,udp,udplite,raw,icmp}{,6}.
struct ProcSocket {
  IpAddress local_address;
  IpAddress remote_address;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  std::uint8_t state = 0;
  std::uint32_t send_queue = 0;
  std::uint32_t recv_queue = 0;
  std::uint8_t timer = 0;        ///< Field tr.
  std::uint64_t timer_ticks = 0; ///< Until it fires, in ticks of 1/100 s (USER_HZ).
  std::uint32_t retransmits = 0; ///< Field retrnsmt.
  std::uint32_t probes = 0;      ///< Field timeout.
  std::uint32_t uid = 0;
  std::uint32_t inode = 0;
  std::optional<std::uint32_t> drops; ///< Only where `with_drops`.
};

/// Reads one line below the header. `with_drops`: the last field is the drop counter (not in tcp). Addresses are taken
/// to be of a host with our byte order. nullopt when the line is not one of these files'.
[[nodiscard]] std::optional<ProcSocket> parse_proc_socket(std::string_view line, bool with_drops);

} // namespace hindstat
