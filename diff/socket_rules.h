// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "diff/event.h"
#include "diff/tcp_states.h"
#include "diff/tcp_timeouts.h"
#include "tables/socket.h"

namespace hindstat {

/// The time between the two snapshots whose sockets are judged.
struct SocketInterval {
  bool same_boot = true; ///< Of one boot and one namespace: objects may be the same ones.
  std::string_view why_others = "the machine was rebooted"; ///< Why all objects are others; where same_boot is false.
  std::int64_t elapsed_ns = 0;                              ///< CLOCK_BOOTTIME; meaningful within one boot.
  std::uint64_t after_boottime_ms = 0;                      ///< CLOCK_BOOTTIME of the snapshot after.
  bool inodes_comparable = true;         ///< False when a side does not tell inodes: then having none says nothing.
  const TcpTimeouts* timeouts = nullptr; ///< How long states may last; the kernel's defaults where it is null.

  /// The limits of a namespace.
  [[nodiscard]] const TcpLimits& limits(const std::string& netns) const;
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
  std::string evidence; ///< What a limit of time is concluded from; empty for all else.
};

/// Judges two rows with the same protocol, addresses and ports; nullopt when nothing speaks against one socket.
[[nodiscard]] std::optional<Contradiction> find_contradiction(const Socket& before, const Socket& after,
                                                              const SocketInterval& interval);

/// Whether a queue is long enough to speak of: 4096 bytes, or for LISTEN half of what it may hold (8 where that is
/// unknown).
[[nodiscard]] bool has_long_queue(const Socket& socket);
/// The same of one of its queues.
[[nodiscard]] bool is_long_queue(const Socket& socket, bool receive);

/// A change of a queue worth an event; nullopt when it is noise. Without `send_queue_too` the receive queue only.
struct QueueStep {
  bool receive = false; ///< The receive queue (for LISTEN the accept queue), else the send queue.
  bool grew = false;
};
[[nodiscard]] std::optional<QueueStep> find_queue_step(const Socket& before, const Socket& after,
                                                       bool send_queue_too = true);

/// "c:1ff8" (cookie), "i:53770" (inode) or "".
[[nodiscard]] std::string format_incarnation(const Socket& socket);

} // namespace hindstat
