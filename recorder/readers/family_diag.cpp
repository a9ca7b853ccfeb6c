// SPDX-License-Identifier: MIT
//
// NETLINK_SOCK_DIAG for the families that ss knows and /proc does not: net/vmw_vsock/diag.c, net/xdp/xsk_diag.c,
// net/tipc/diag.c and socket.c (tipc_sk_fill_sock_diag), net/smc/smc_diag.c.
#include "recorder/readers/family_diag.h"

#include <arpa/inet.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/tipc_netlink.h>
#include <linux/tipc_sockets_diag.h>
#include <linux/vm_sockets.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>

#include "recorder/netlink_message.h"

#ifndef AF_SMC
#define AF_SMC 43
#endif

namespace hindstat {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t every_state = ~0U;

template <typename Request>
std::array<std::byte, sizeof(Request)> bytes_of(const Request& request) {
  return std::bit_cast<std::array<std::byte, sizeof(Request)>>(request);
}

std::uint64_t cookie_of(const std::uint32_t (&words)[2]) {
  return std::uint64_t{words[1]} << 32U | words[0];
}

/// TCP's numbers (include/net/tcp_states.h), which vsock and TIPC use.
OtherState state_like_tcp(std::uint32_t number) {
  switch (number) {
    case 1:
      return OtherState::established;
    case 2:
      return OtherState::connecting;
    case 7:
      return OtherState::unconnected;
    case 8:  // TCP_CLOSE_WAIT: TIPC_DISCONNECTING.
    case 11: // TCP_CLOSING
      return OtherState::disconnecting;
    case 10:
      return OtherState::listen;
    default:
      return unnamed_state(number);
  }
}

/// net/smc/smc.h enum smc_state.
OtherState state_of_smc(std::uint8_t number) {
  constexpr std::uint8_t init = 2;
  constexpr std::uint8_t first_wait = 20;
  constexpr std::uint8_t last = 27;
  switch (number) {
    case 1:
      return OtherState::established;
    case 7:
      return OtherState::closed;
    case 10:
      return OtherState::listen;
    default:
      return number == init || (number >= first_wait && number <= last) ? static_cast<OtherState>(32 + number)
                                                                        : unnamed_state(number);
  }
}

std::optional<OtherType> type_of(std::uint32_t number) {
  constexpr std::uint32_t highest = 255;
  return number == 0 || number > highest ? std::nullopt : std::optional(static_cast<OtherType>(number));
}

template <typename Number>
void add_word(std::optional<std::string>& words, std::string_view name, Number value) {
  std::string text = words.value_or("");
  text += text.empty() ? "" : " ";
  text.append(name).append("=").append(std::to_string(value));
  words = std::move(text);
}

void read_ring(OtherSocket& row, std::string_view name, Bytes value) {
  if (const auto ring = load_value<xdp_diag_ring>(value)) {
    add_word(row.details, name, ring->entries);
  }
}

void read_umem(OtherSocket& row, Bytes value) {
  if (const auto umem = load_value<xdp_diag_umem>(value)) {
    add_word(row.details, "umem", umem->id);
    add_word(row.details, "size", umem->size);
    add_word(row.details, "pages", umem->num_pages);
    add_word(row.details, "chunk", umem->chunk_size);
    add_word(row.details, "headroom", umem->headroom);
    add_word(row.details, "zerocopy", umem->flags & XDP_DU_F_ZEROCOPY);
  }
}

void read_xdp_attribute(OtherSocket& row, const NetlinkAttribute& attribute, const InterfaceNames& names) {
  switch (attribute.type) {
    case XDP_DIAG_INFO:
      if (const auto info = load_value<xdp_diag_info>(attribute.value); info && info->ifindex != 0) {
        row.interface = names.name_of(info->ifindex);
        row.local_address = row.interface;
        row.local_port = info->queue_id;
      }
      break;
    case XDP_DIAG_UID:
      row.uid = load_value<std::uint32_t>(attribute.value);
      break;
    case XDP_DIAG_RX_RING:
      read_ring(row, "rx", attribute.value);
      break;
    case XDP_DIAG_TX_RING:
      read_ring(row, "tx", attribute.value);
      break;
    case XDP_DIAG_UMEM:
      read_umem(row, attribute.value);
      break;
    case XDP_DIAG_UMEM_FILL_RING:
      read_ring(row, "fill", attribute.value);
      break;
    case XDP_DIAG_UMEM_COMPLETION_RING:
      read_ring(row, "completion", attribute.value);
      break;
    case XDP_DIAG_MEMINFO:
      row.recv_queue = load_value<std::uint32_t>(attribute.value, SK_MEMINFO_RMEM_ALLOC * sizeof(std::uint32_t));
      row.send_queue = load_value<std::uint32_t>(attribute.value, SK_MEMINFO_WMEM_ALLOC * sizeof(std::uint32_t));
      break;
    case XDP_DIAG_STATS:
      row.drops = load_value<std::uint64_t>(attribute.value); // n_rx_dropped is the first.
      break;
    default:
      break;
  }
}

void read_tipc_peer(OtherSocket& row, Bytes attributes) {
  NetlinkAttributes walk(attributes);
  while (const auto attribute = walk.next()) {
    const auto number = load_value<std::uint32_t>(attribute->value);
    if (!number) {
      continue;
    }
    switch (attribute->type) {
      case TIPC_NLA_CON_NODE:
        row.remote_address = std::to_string(*number);
        break;
      case TIPC_NLA_CON_SOCK:
        row.remote_port = *number;
        break;
      case TIPC_NLA_CON_TYPE:
        add_word(row.details, "type", *number);
        break;
      case TIPC_NLA_CON_INST:
        add_word(row.details, "instance", *number);
        break;
      default:
        break;
    }
  }
}

void read_tipc_levels(OtherSocket& row, Bytes attributes) {
  NetlinkAttributes walk(attributes);
  while (const auto attribute = walk.next()) {
    const auto number = load_value<std::uint32_t>(attribute->value);
    if (attribute->type == TIPC_NLA_SOCK_STAT_RCVQ) {
      row.recv_queue = number;
    } else if (attribute->type == TIPC_NLA_SOCK_STAT_SENDQ) {
      row.send_queue = number;
    } else if (attribute->type == TIPC_NLA_SOCK_STAT_DROP) {
      row.drops = number;
    }
  }
}

void read_tipc_attribute(OtherSocket& row, const NetlinkAttribute& attribute) {
  const auto number = load_value<std::uint32_t>(attribute.value);
  switch (attribute.type) {
    case TIPC_NLA_SOCK_CON:
      read_tipc_peer(row, attribute.value);
      break;
    case TIPC_NLA_SOCK_STAT:
      read_tipc_levels(row, attribute.value);
      break;
    case TIPC_NLA_SOCK_COOKIE:
      row.cookie = load_value<std::uint64_t>(attribute.value);
      break;
    case TIPC_NLA_SOCK_ADDR:
      row.local_address = number ? std::optional(std::to_string(*number)) : std::nullopt;
      break;
    case TIPC_NLA_SOCK_REF:
      row.local_port = number;
      break;
    case TIPC_NLA_SOCK_TYPE:
      row.type = type_of(number.value_or(0));
      break;
    case TIPC_NLA_SOCK_INO:
      row.inode = number.value_or(0);
      break;
    case TIPC_NLA_SOCK_UID:
      row.uid = number;
      break;
    case TIPC_NLA_SOCK_TIPC_STATE:
      row.state = number ? std::optional(state_like_tcp(*number)) : std::nullopt;
      break;
    default:
      break;
  }
}

/// SMC does not say which family its addresses are of: one of IPv4 has only its first word.
std::string smc_address(const __be32 (&words)[4], bool v4) {
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &words[0], bytes.size());
  return format_ip_address(v4 ? IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}) : IpAddress::v6(bytes));
}

bool is_v4(const __be32 (&words)[4]) {
  return words[1] == 0 && words[2] == 0 && words[3] == 0;
}

std::string mode_of_smc(std::uint8_t mode) {
  switch (mode) {
    case SMC_DIAG_MODE_SMCR:
      return "SMC-R";
    case SMC_DIAG_MODE_FALLBACK_TCP:
      return "TCP";
    case SMC_DIAG_MODE_SMCD:
      return "SMC-D";
    default:
      return std::to_string(mode);
  }
}

} // namespace

Verdict add_vsock_message(OtherSocketRows& rows, Bytes payload) {
  const auto message = load_value<vsock_diag_msg>(payload);
  if (!message || message->vdiag_family != AF_VSOCK) {
    return Verdict::rejected;
  }
  const auto address = [](std::uint32_t cid) {
    return cid == VMADDR_CID_ANY ? std::nullopt : std::optional(std::to_string(cid));
  };
  const auto port = [](std::uint32_t number) {
    return number == VMADDR_PORT_ANY ? std::nullopt : std::optional(number);
  };
  OtherSocket row;
  row.family = OtherFamily::vsock;
  row.local_address = address(message->vdiag_src_cid);
  row.local_port = port(message->vdiag_src_port);
  row.remote_address = address(message->vdiag_dst_cid);
  row.remote_port = port(message->vdiag_dst_port);
  row.cookie = cookie_of(message->vdiag_cookie);
  row.inode = message->vdiag_ino;
  row.type = type_of(message->vdiag_type);
  row.state = state_like_tcp(message->vdiag_state);
  rows.add(row);
  return Verdict::kept;
}

Verdict add_xdp_message(OtherSocketRows& rows, Bytes payload, const InterfaceNames& names) {
  const auto message = load_value<xdp_diag_msg>(payload);
  if (!message || message->xdiag_family != AF_XDP) {
    return Verdict::rejected;
  }
  OtherSocket row;
  row.family = OtherFamily::xdp;
  row.cookie = cookie_of(message->xdiag_cookie);
  row.inode = message->xdiag_ino;
  row.type = type_of(message->xdiag_type);
  NetlinkAttributes attributes(payload.subspan(sizeof(xdp_diag_msg)));
  while (const auto attribute = attributes.next()) {
    read_xdp_attribute(row, *attribute, names);
  }
  rows.add(row);
  return Verdict::kept;
}

Verdict add_tipc_message(OtherSocketRows& rows, Bytes payload) {
  OtherSocket row;
  row.family = OtherFamily::tipc;
  NetlinkAttributes outer(payload);
  while (const auto nest = outer.next()) {
    NetlinkAttributes attributes(nest->type == TIPC_NLA_SOCK ? nest->value : Bytes());
    while (const auto attribute = attributes.next()) {
      read_tipc_attribute(row, *attribute);
    }
  }
  if (!row.local_port) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

Verdict add_smc_message(OtherSocketRows& rows, Bytes payload, const InterfaceNames& names) {
  const auto message = load_value<smc_diag_msg>(payload);
  if (!message || message->diag_family != AF_SMC) {
    return Verdict::rejected;
  }
  const inet_diag_sockid& id = message->id;
  const bool v4 = is_v4(id.idiag_src) && is_v4(id.idiag_dst);
  OtherSocket row;
  row.family = OtherFamily::smc;
  row.local_address = smc_address(id.idiag_src, v4);
  row.local_port = ntohs(id.idiag_sport);
  if (id.idiag_dport != 0) {
    row.remote_address = smc_address(id.idiag_dst, v4);
    row.remote_port = ntohs(id.idiag_dport);
  }
  row.interface = id.idiag_if != 0 ? std::optional(names.name_of(id.idiag_if)) : std::nullopt;
  row.cookie = cookie_of(id.idiag_cookie);
  row.inode = static_cast<std::uint32_t>(message->diag_inode);
  row.type = OtherType::stream;
  row.state = state_of_smc(message->diag_state);
  row.uid = message->diag_uid;
  row.mode = mode_of_smc(message->diag_mode);
  rows.add(row);
  return Verdict::kept;
}

std::array<std::byte, 24> vsock_diag_request() {
  vsock_diag_req request{};
  request.sdiag_family = AF_VSOCK;
  request.vdiag_states = every_state;
  return bytes_of(request);
}

std::array<std::byte, 20> xdp_diag_request() {
  xdp_diag_req request{};
  request.sdiag_family = AF_XDP;
  request.xdiag_show = XDP_SHOW_INFO | XDP_SHOW_RING_CFG | XDP_SHOW_UMEM | XDP_SHOW_MEMINFO | XDP_SHOW_STATS;
  return bytes_of(request);
}

std::array<std::byte, 8> tipc_diag_request() {
  tipc_sock_diag_req request{};
  request.sdiag_family = AF_TIPC;
  request.tidiag_states = every_state;
  return bytes_of(request);
}

std::array<std::byte, 52> smc_diag_request() {
  smc_diag_req request{};
  request.diag_family = AF_SMC;
  return bytes_of(request);
}

} // namespace hindstat
