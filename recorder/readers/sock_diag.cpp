// SPDX-License-Identifier: MIT
//
// NETLINK_SOCK_DIAG for internet sockets: net/ipv4/inet_diag.c fills one inet_diag_msg a socket. Ports and addresses
// come in network order, the other numbers in the host's.
#include "recorder/readers/sock_diag.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cstddef>

#include "recorder/netlink_message.h"

namespace hindstat {

namespace {

constexpr std::uint32_t every_state = ~0U; // Bit 13, TCP_BOUND_INACTIVE, is Linux 6.8's; others ignore it.

IpAddress address_of(const __be32 (&words)[4], bool v6) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &words[0], bytes.size());
  return v6 ? IpAddress::v6(bytes) : IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

/// A text with its terminating NUL.
std::string_view text_of(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.find('\0'));
}

constexpr std::uint8_t extension(int attribute) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(attribute - 1));
}

constexpr std::uint8_t extensions_of(DiagDetail detail) {
  switch (detail) {
    case DiagDetail::none:
      return 0;
    case DiagDetail::memory:
      return extension(INET_DIAG_SKMEMINFO);
    case DiagDetail::tcp_info:
      return extension(INET_DIAG_SKMEMINFO) | extension(INET_DIAG_INFO) | extension(INET_DIAG_CONG);
  }
  return 0;
}

inet_diag_req_v2 request_for(int family) {
  inet_diag_req_v2 request{};
  request.sdiag_family = static_cast<std::uint8_t>(family);
  request.idiag_states = every_state;
  return request;
}

} // namespace

std::optional<DiagSocket> parse_inet_diag(std::span<const std::byte> payload) {
  const auto message = load_value<inet_diag_msg>(payload);
  if (!message || (message->idiag_family != AF_INET && message->idiag_family != AF_INET6)) {
    return std::nullopt;
  }
  const bool v6 = message->idiag_family == AF_INET6;
  DiagSocket socket;
  socket.local_address = address_of(message->id.idiag_src, v6);
  socket.remote_address = address_of(message->id.idiag_dst, v6);
  socket.local_port = ntohs(message->id.idiag_sport);
  socket.remote_port = ntohs(message->id.idiag_dport);
  socket.ifindex = message->id.idiag_if;
  socket.cookie = std::uint64_t{message->id.idiag_cookie[1]} << 32U | message->id.idiag_cookie[0];
  socket.state = message->idiag_state;
  socket.timer = message->idiag_timer;
  socket.retransmits = message->idiag_retrans;
  socket.expires_ms = message->idiag_expires;
  socket.recv_queue = message->idiag_rqueue;
  socket.send_queue = message->idiag_wqueue;
  socket.uid = message->idiag_uid;
  socket.inode = message->idiag_inode;
  NetlinkAttributes attributes(payload.subspan(sizeof(inet_diag_msg)));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case INET_DIAG_SKMEMINFO:
        socket.memory = attribute->value;
        socket.drops = load_value<std::uint32_t>(attribute->value, SK_MEMINFO_DROPS * sizeof(std::uint32_t));
        break;
      case INET_DIAG_INFO:
        socket.tcp_info = attribute->value;
        break;
      case INET_DIAG_CONG:
        socket.congestion_control = text_of(attribute->value);
        break;
      case INET_DIAG_LOCALS:
        socket.locals = attribute->value;
        break;
      case INET_DIAG_PEERS:
        socket.is_association = true;
        socket.peers = attribute->value;
        break;
      default:
        break;
    }
  }
  return socket;
}

std::vector<IpAddress> parse_diag_addresses(std::span<const std::byte> storages) {
  std::vector<IpAddress> addresses;
  for (; storages.size() >= sizeof(sockaddr_storage); storages = storages.subspan(sizeof(sockaddr_storage))) {
    const auto family = load_value<sa_family_t>(storages);
    if (family == AF_INET) {
      const auto v4 = load_value<std::array<std::uint8_t, 4>>(storages, offsetof(sockaddr_in, sin_addr));
      addresses.push_back(IpAddress::v4(v4.value_or(std::array<std::uint8_t, 4>{})));
    } else if (family == AF_INET6) {
      const auto v6 = load_value<std::array<std::uint8_t, 16>>(storages, offsetof(sockaddr_in6, sin6_addr));
      addresses.push_back(IpAddress::v6(v6.value_or(std::array<std::uint8_t, 16>{})));
    }
  }
  return addresses;
}

std::array<std::byte, 56> inet_diag_request(int family, int protocol, DiagDetail detail) {
  inet_diag_req_v2 request = request_for(family);
  request.sdiag_protocol = static_cast<std::uint8_t>(protocol);
  request.idiag_ext = extensions_of(detail);
  return std::bit_cast<std::array<std::byte, sizeof(request)>>(request);
}

std::array<std::byte, 60> tcp_diag_request(DiagDetail detail) {
  inet_diag_req request{};
  request.idiag_family = AF_UNSPEC;
  request.idiag_ext = extensions_of(detail);
  request.idiag_states = every_state;
  return std::bit_cast<std::array<std::byte, sizeof(request)>>(request);
}

std::array<std::byte, 64> mptcp_diag_request(int family) {
  struct Request {
    inet_diag_req_v2 request;
    nlattr attribute;
    std::uint32_t protocol;
  };
  constexpr std::uint16_t protocol_attribute = 3; // INET_DIAG_REQ_PROTOCOL
  constexpr std::uint32_t mptcp = 262;            // IPPROTO_MPTCP
  const Request request{request_for(family), {sizeof(nlattr) + sizeof(mptcp), protocol_attribute}, mptcp};
  return std::bit_cast<std::array<std::byte, sizeof(request)>>(request);
}

} // namespace hindstat
