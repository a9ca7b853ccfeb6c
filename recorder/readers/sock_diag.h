// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tables/ip_address.h"

namespace hindstat {

/// One socket as sock_diag tells it (struct inet_diag_msg, include/uapi/linux/inet_diag.h). Views lie in the message.
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
  std::optional<std::uint32_t> drops;  ///< From INET_DIAG_SKMEMINFO.
  bool is_association = false;         ///< Of SCTP: it has peers, and its state is that of an association.
  std::span<const std::byte> tcp_info; ///< struct tcp_info as the kernel has it; empty where there is none.
  std::span<const std::byte> memory;   ///< SK_MEMINFO_*; empty where there is none.
  std::string_view congestion_control; ///< Of TCP, where it was asked for.
  std::span<const std::byte> locals;   ///< Of SCTP: a struct sockaddr_storage for each local address.
  std::span<const std::byte> peers;    ///< Of an SCTP association: the same of the peer.
};

/// The addresses of INET_DIAG_LOCALS or INET_DIAG_PEERS; what is of no internet family is passed over.
[[nodiscard]] std::vector<IpAddress> parse_diag_addresses(std::span<const std::byte> storages);

/// Reads the payload of one SOCK_DIAG_BY_FAMILY or TCPDIAG_GETSOCK message; nullopt when it is too short or of no
/// internet family.
[[nodiscard]] std::optional<DiagSocket> parse_inet_diag(std::span<const std::byte> payload);

/// What a request asks for beyond the socket itself.
enum class DiagDetail : std::uint8_t {
  none,
  memory,   ///< SKMEMINFO.
  tcp_info, ///< SKMEMINFO, INFO and CONG.
};

/// The payload of a request for every socket of a family (AF_INET, AF_INET6) and protocol (IPPROTO_TCP, ...), in
/// every state.
[[nodiscard]] std::array<std::byte, 56> inet_diag_request(int family, int protocol, DiagDetail detail);

/// The payload of a request of type TCPDIAG_GETSOCK for every TCP socket of both families: the kernel walks its hash
/// once for all, where SOCK_DIAG_BY_FAMILY walks it for each family. Linux 2.6.14 and later; the replies have the type
/// of the request.
[[nodiscard]] std::array<std::byte, 60> tcp_diag_request(DiagDetail detail);

/// Like inet_diag_request() for MPTCP, whose number fits into an attribute only (Linux 5.9). Its place in the request
/// is left 0, so that a kernel that does not know the attribute has nothing to answer with.
[[nodiscard]] std::array<std::byte, 64> mptcp_diag_request(int family);

} // namespace hindstat
