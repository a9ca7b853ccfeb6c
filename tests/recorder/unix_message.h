// SPDX-License-Identifier: MIT
#pragma once

#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "tests/recorder/netlink_builder.h"

namespace hindstat::test {

/// A connected stream socket with the inode and cookie 0x200000001.
[[nodiscard]] inline unix_diag_msg unix_message(std::uint32_t inode = 4711, std::uint8_t state = 1) {
  unix_diag_msg message{};
  message.udiag_family = AF_UNIX;
  message.udiag_type = SOCK_STREAM;
  message.udiag_state = state;
  message.udiag_ino = inode;
  message.udiag_cookie[0] = 1;
  message.udiag_cookie[1] = 2;
  return message;
}

/// The payload of such a message with a name as the kernel gives it: paths end with a NUL.
[[nodiscard]] inline std::vector<std::byte> named_unix_message(std::uint32_t inode, std::uint8_t state,
                                                               std::string_view name) {
  return NetlinkBuilder().value(unix_message(inode, state)).attribute_text(UNIX_DIAG_NAME, name).bytes();
}

} // namespace hindstat::test
