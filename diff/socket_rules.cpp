// SPDX-License-Identifier: MIT
// When two rows with one name are one socket. Equal cookies of one boot prove it; without them the state machine, the
// inode and the time that a state may last can only disprove it: 60 s for TIME_WAIT (net/ipv4/tcp_minisocks.c), for the
// others what the settings of the namespace say.
#include "diff/socket_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace hindstat {

namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t slack_ms = 5000;
constexpr std::int64_t time_wait_ms = 60'000; // TCP_TIMEWAIT_LEN, no setting.

constexpr std::uint32_t least_queue_step = 4096;
constexpr std::uint32_t accept_queue_without_limit = 8;

// The longest that a socket may stay in the state of `row`; nullopt where there is no bound.
std::optional<TimeLimit> longest_stay(const Socket& row, const TcpLimits& limits) {
  switch (normal_tcp_state(row.state)) {
    case TcpState::time_wait:
      return TimeLimit{time_wait_ms, ""};
    case TcpState::fin_wait2:
      return row.inode == 0 ? std::optional(limits.fin_wait2) : std::nullopt;
    case TcpState::syn_recv:
      return limits.syn_recv;
    case TcpState::syn_sent:
      return limits.syn_sent;
    default:
      return std::nullopt;
  }
}

// TIME_WAIT, or a FIN_WAIT2 that the kernel keeps like it, ends when its timer does. A FIN that the peer sends again
// starts the timer of TIME_WAIT anew: then that of the row after began while the one before still ran.
bool had_expired(const Socket& before, const Socket& after, const SocketInterval& interval) {
  if (before.timer != SocketTimer::timewait || !before.timer_expires || interval.elapsed_ns <= 0) {
    return false;
  }
  const std::uint64_t end_ms = *before.timer_expires + static_cast<std::uint64_t>(slack_ms);
  const bool began_anew = normal_tcp_state(after.state) == TcpState::time_wait && after.timer_expires
                          && *after.timer_expires <= end_ms + static_cast<std::uint64_t>(time_wait_ms);
  return interval.after_boottime_ms > end_ms && !began_anew;
}

// From one state to another that also ends soon, both times count; nothing bounds a longer way.
std::optional<Contradiction> find_overstay(const Socket& before, const Socket& after, const SocketInterval& interval) {
  const TcpLimits& limits = interval.limits(before.netns);
  auto longest = longest_stay(before, limits);
  const bool same_state = normal_tcp_state(before.state) == normal_tcp_state(after.state);
  const bool needs_inode = normal_tcp_state(before.state) == TcpState::fin_wait2;
  if (!longest || (needs_inode && !interval.inodes_comparable) || (before.inode == 0) != (after.inode == 0)) {
    return std::nullopt;
  }
  const std::string state = format_tcp_state(before.state);
  std::string states = state + " lasts";
  if (!same_state) {
    const auto further = longest_stay(after, limits);
    if (!further || tcp_path(before.state, after.state).longest != 1) {
      return std::nullopt;
    }
    longest->ms += further->ms;
    states = fmt::format("{} and {} last", state, format_tcp_state(after.state));
  }
  if (std::llabs(interval.elapsed_ns) / ms_ns > longest->ms + slack_ms) {
    const auto seconds = (longest->ms + 999) / 1000;
    return Contradiction{fmt::format("{} {} s at most", states, seconds), Confidence::inferred, longest->why};
  }
  if (same_state && had_expired(before, after, interval)) {
    return Contradiction{fmt::format("{} had expired", state), Confidence::inferred, ""};
  }
  return std::nullopt;
}

// An inode comes to a socket once, when it is accepted.
std::optional<Contradiction> find_sudden_inode(const Socket& before, const Socket& after) {
  const TcpState state = normal_tcp_state(before.state);
  const bool may_be_accepted =
    state == TcpState::syn_recv || state == TcpState::established || state == TcpState::close_wait;
  if (before.inode == 0 && after.inode != 0 && !may_be_accepted) {
    return Contradiction{fmt::format("a socket without inode in {} gets none", format_tcp_state(before.state)),
                         Confidence::proven, ""};
  }
  return std::nullopt;
}

std::uint32_t distance(std::uint32_t a, std::uint32_t b) {
  return a > b ? a - b : b - a;
}

bool is_data_step(std::uint32_t before, std::uint32_t after) {
  return distance(before, after) >= std::max(least_queue_step, before / 2);
}

std::optional<QueueStep> find_accept_queue_step(const Socket& before, const Socket& after) {
  if (has_long_queue(before) == has_long_queue(after)) {
    return std::nullopt;
  }
  return QueueStep{true, has_long_queue(after)};
}

} // namespace

const TcpLimits& SocketInterval::limits(const std::string& netns) const {
  static const TcpTimeouts defaults;
  return (timeouts == nullptr ? defaults : *timeouts).of(netns);
}

TcpPhase phase_of(const Socket& socket) {
  return socket.protocol == SocketProtocol::tcp ? tcp_phase(socket.state) : TcpPhase::open;
}

bool is_connected(const Socket& socket) {
  return socket.remote_port != 0 || !socket.remote_address.is_unspecified();
}

SocketIdentity compare_identity(const Socket& before, const Socket& after) {
  const bool cookies_known = before.cookie.value_or(0) != 0 && after.cookie.value_or(0) != 0;
  if (cookies_known) {
    return before.cookie == after.cookie ? SocketIdentity::same : SocketIdentity::other;
  }
  if (before.inode != 0 && after.inode != 0) {
    return before.inode == after.inode ? SocketIdentity::same : SocketIdentity::other;
  }
  return SocketIdentity::unknown;
}

std::optional<Contradiction> find_contradiction(const Socket& before, const Socket& after,
                                                const SocketInterval& interval) {
  if (!interval.same_boot) {
    return Contradiction{std::string(interval.why_others), Confidence::proven, ""};
  }
  switch (compare_identity(before, after)) {
    case SocketIdentity::same:
      return std::nullopt;
    case SocketIdentity::other:
      return Contradiction{before.cookie.value_or(0) != 0 && after.cookie.value_or(0) != 0 ? "new cookie" : "new inode",
                           Confidence::proven, ""};
    case SocketIdentity::unknown:
      break;
  }
  if (before.protocol != SocketProtocol::tcp) {
    return std::nullopt;
  }
  if (!tcp_path(before.state, after.state).reachable) {
    return Contradiction{"impossible step", Confidence::proven, ""};
  }
  if (auto sudden = interval.inodes_comparable ? find_sudden_inode(before, after) : std::nullopt) {
    return sudden;
  }
  return find_overstay(before, after, interval);
}

bool is_long_queue(const Socket& socket, bool receive) {
  if (phase_of(socket) != TcpPhase::listening) {
    return (receive ? socket.recv_queue : socket.send_queue) >= least_queue_step;
  }
  const std::uint64_t waiting = receive ? socket.recv_queue : 0;
  return waiting != 0 && (socket.backlog ? 2 * waiting >= *socket.backlog : waiting >= accept_queue_without_limit);
}

bool has_long_queue(const Socket& socket) {
  return is_long_queue(socket, true) || is_long_queue(socket, false);
}

std::optional<QueueStep> find_queue_step(const Socket& before, const Socket& after, bool send_queue_too) {
  const TcpPhase phase = phase_of(after);
  if (phase != phase_of(before)) {
    return std::nullopt;
  }
  if (phase == TcpPhase::listening) {
    return find_accept_queue_step(before, after);
  }
  if (phase != TcpPhase::open) {
    return std::nullopt;
  }
  if (is_data_step(before.recv_queue, after.recv_queue)) {
    return QueueStep{true, after.recv_queue > before.recv_queue};
  }
  if (send_queue_too && is_data_step(before.send_queue, after.send_queue)) {
    return QueueStep{false, after.send_queue > before.send_queue};
  }
  return std::nullopt;
}

std::string format_incarnation(const Socket& socket) {
  if (socket.cookie.value_or(0) != 0) {
    return fmt::format("c:{:x}", *socket.cookie);
  }
  return socket.inode != 0 ? fmt::format("i:{}", socket.inode) : "";
}

} // namespace hindstat
