// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "tables/ip_address.h"

namespace hindstat {

/// One socket as sock_diag tells it (struct inet_diag_msg, include/uapi/linux/inet_diag.h).
struct DiagSocket {
  IpAddress local_address;
  IpAddress remote_address;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  std::uint32_t ifindex = 0;
  std::uint64_t cookie = 0;
  std::uint8_t state = 0;
  std::uint8_t timer = 0;
  std::uint8_t retransmits = 0;
  std::uint32_t expires_ms = 0; ///< Until the timer fires.
  std::uint32_t recv_queue = 0;
  std::uint32_t send_queue = 0; ///< For LISTEN the backlog's limit.
  std::uint32_t uid = 0;
  std::uint32_t inode = 0;
  std::optional<std::uint32_t> drops; ///< From INET_DIAG_SKMEMINFO.
};

/// Reads the payload of one SOCK_DIAG_BY_FAMILY message; nullopt when it is too short or of no internet family.
[[nodiscard]] std::optional<DiagSocket> parse_inet_diag(std::span<const std::byte> payload);

/// The payload of a request for every socket of a family (AF_INET, AF_INET6) and protocol (IPPROTO_TCP, ...), in
/// every state. `with_memory` asks for SKMEMINFO.
[[nodiscard]] std::array<std::byte, 56> inet_diag_request(int family, int protocol, bool with_memory);

} // namespace hindstat
