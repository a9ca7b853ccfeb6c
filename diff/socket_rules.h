// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "diff/event.h"
#include "diff/tcp_states.h"
#include "tables/socket.h"

namespace hindstat {

/// The time between the two snapshots whose sockets are judged.
struct SocketInterval {
  bool same_boot = true;
  std::int64_t elapsed_ns = 0;         ///< CLOCK_BOOTTIME; meaningful within one boot.
  std::uint64_t after_boottime_ms = 0; ///< CLOCK_BOOTTIME of the snapshot after.
};

/// tcp_phase() for TCP; every other socket is open as long as it is there.
[[nodiscard]] TcpPhase phase_of(const Socket& socket);

/// A TCP connection or a connected datagram socket: the remote end is part of its name.
[[nodiscard]] bool is_connected(const Socket& socket);

/// Whether cookies (else inodes) that both rows have settle that they are one socket, or two.
enum class SocketIdentity : std::uint8_t { same, other, unknown };
[[nodiscard]] SocketIdentity compare_identity(const Socket& before, const Socket& after);

/// Why two rows with one key cannot be the same socket.
struct Contradiction {
  std::string reason;
  Confidence confidence = Confidence::proven;
};

/// Judges two rows with the same protocol, addresses and ports; nullopt when nothing speaks against one socket.
[[nodiscard]] std::optional<Contradiction> find_contradiction(const Socket& before, const Socket& after,
                                                              const SocketInterval& interval);

/// A change of a queue worth an event; nullopt when it is noise.
struct QueueStep {
  bool receive = false; ///< The receive queue (for LISTEN the accept queue), else the send queue.
  bool grew = false;
};
[[nodiscard]] std::optional<QueueStep> find_queue_step(const Socket& before, const Socket& after);

/// "c:1ff8" (cookie), "i:53770" (inode) or "".
[[nodiscard]] std::string format_incarnation(const Socket& socket);

} // namespace hindstat
