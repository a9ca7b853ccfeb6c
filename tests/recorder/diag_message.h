// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include "tests/recorder/netlink_builder.h"

namespace hindstat::test {

/// 10.0.0.5:LOCAL -> 10.0.9.2:6379, established, with inode 4711 and cookie 0x200000001.
[[nodiscard]] inline inet_diag_msg diag_message(std::uint16_t local_port = 443) {
  inet_diag_msg message{};
  message.idiag_family = AF_INET;
  message.idiag_state = 1;
  message.id.idiag_sport = htons(local_port);
  message.id.idiag_dport = htons(6379);
  message.id.idiag_src[0] = htonl(0x0a000005);
  message.id.idiag_dst[0] = htonl(0x0a000902);
  message.id.idiag_cookie[0] = 1;
  message.id.idiag_cookie[1] = 2;
  message.idiag_uid = 1000;
  message.idiag_inode = 4711;
  return message;
}

template <typename Value>
[[nodiscard]] std::span<const std::byte> bytes_of(const Value& value) {
  return std::as_bytes(std::span(&value, 1));
}

} // namespace hindstat::test
