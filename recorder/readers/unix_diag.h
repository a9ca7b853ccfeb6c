// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hindstat {

/// One unix socket as sock_diag tells it (struct unix_diag_msg, include/uapi/linux/unix_diag.h).
struct DiagUnixSocket {
  std::uint8_t type = 0;  ///< SOCK_STREAM, ...
  std::uint8_t state = 0; ///< TCP_ESTABLISHED, TCP_CLOSE or TCP_LISTEN.
  std::uint32_t inode = 0;
  std::uint64_t cookie = 0;
  std::optional<std::string_view> name; ///< Path, or NUL and the abstract name. Lies in the message.
  std::optional<std::uint32_t> peer_inode;
  std::optional<std::uint32_t> recv_queue; ///< For TCP_LISTEN the connections that wait.
  std::optional<std::uint32_t> send_queue; ///< For TCP_LISTEN the backlog's limit.
  std::optional<std::uint32_t> uid;
};

/// Reads the payload of one SOCK_DIAG_BY_FAMILY message; nullopt when it is too short or of another family.
[[nodiscard]] std::optional<DiagUnixSocket> parse_unix_diag(std::span<const std::byte> payload);

/// The payload of a request for every unix socket in every state.
[[nodiscard]] std::array<std::byte, 24> unix_diag_request();

} // namespace hindstat
