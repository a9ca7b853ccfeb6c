// SPDX-License-Identifier: MIT
//
// NETLINK_SOCK_DIAG for unix sockets: net/unix/diag.c fills one unix_diag_msg a socket. Sockets without an inode, such
// as those that wait in a listener's queue, are left out by the kernel.
#include "recorder/readers/unix_diag.h"

#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <bit>

#include "recorder/netlink_message.h"

namespace hindstat {

namespace {

constexpr std::uint16_t unix_diag_uid = 7; // UNIX_DIAG_UID, Linux 5.3.
constexpr std::uint32_t show_uid = 0x40;   // UDIAG_SHOW_UID
constexpr std::uint32_t every_state = ~0U;

/// A path's terminating NUL is part of the attribute; an abstract name has none, and its NULs are its own.
std::string_view name_of(std::span<const std::byte> bytes) {
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return name.starts_with('\0') ? name : name.substr(0, name.find('\0'));
}

} // namespace

std::optional<DiagUnixSocket> parse_unix_diag(std::span<const std::byte> payload) {
  const auto message = load_value<unix_diag_msg>(payload);
  if (!message || message->udiag_family != AF_UNIX) {
    return std::nullopt;
  }
  DiagUnixSocket socket;
  socket.type = message->udiag_type;
  socket.state = message->udiag_state;
  socket.inode = message->udiag_ino;
  socket.cookie = std::uint64_t{message->udiag_cookie[1]} << 32U | message->udiag_cookie[0];
  NetlinkAttributes attributes(payload.subspan(sizeof(unix_diag_msg)));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case UNIX_DIAG_NAME:
        socket.name = attribute->value.empty() ? std::nullopt : std::optional(name_of(attribute->value));
        break;
      case UNIX_DIAG_PEER:
        socket.peer_inode = load_value<std::uint32_t>(attribute->value);
        break;
      case UNIX_DIAG_RQLEN:
        if (const auto queues = load_value<unix_diag_rqlen>(attribute->value)) {
          socket.recv_queue = queues->udiag_rqueue;
          socket.send_queue = queues->udiag_wqueue;
        }
        break;
      case unix_diag_uid:
        socket.uid = load_value<std::uint32_t>(attribute->value);
        break;
      default:
        break;
    }
  }
  return socket;
}

std::array<std::byte, 24> unix_diag_request() {
  unix_diag_req request{};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = every_state;
  request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | show_uid;
  return std::bit_cast<std::array<std::byte, sizeof(request)>>(request);
}

} // namespace hindstat
