// SPDX-License-Identifier: MIT
// When two rows with one name are one socket. Equal cookies of one boot prove it; without them the state machine, the
// inode and the time that a state may last can only disprove it. Longest stays: net/ipv4/tcp_minisocks.c (TIME_WAIT),
// ip-sysctl tcp_fin_timeout 60 s, tcp_synack_retries 5 = 63 s, tcp_syn_retries 6 = 127 s.
#include "diff/socket_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace hindstat {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t slack_s = 5;
constexpr std::int64_t time_wait_s = 60;
constexpr std::int64_t orphaned_fin_wait2_s = 60;
constexpr std::int64_t syn_recv_s = 63;
constexpr std::int64_t syn_sent_s = 127;

constexpr std::uint32_t least_queue_step = 4096;
constexpr std::uint32_t accept_queue_without_limit = 8;

// The longest that a socket may stay in the state of `row`; nullopt where there is no bound.
std::optional<std::int64_t> longest_stay_s(const Socket& row) {
  switch (normal_tcp_state(row.state)) {
    case TcpState::time_wait:
      return time_wait_s;
    case TcpState::fin_wait2:
      return row.inode == 0 ? std::optional(orphaned_fin_wait2_s) : std::nullopt;
    case TcpState::syn_recv:
      return syn_recv_s;
    case TcpState::syn_sent:
      return syn_sent_s;
    default:
      return std::nullopt;
  }
}

std::optional<Contradiction> find_overstay(const Socket& before, const Socket& after, const SocketInterval& interval) {
  const auto longest = longest_stay_s(before);
  if (!longest || before.state != after.state || (before.inode == 0) != (after.inode == 0)) {
    return std::nullopt;
  }
  const std::string state = format_tcp_state(before.state);
  if (interval.elapsed_ns > (*longest + slack_s) * second_ns) {
    return Contradiction{fmt::format("{} lasts {} s at most", state, *longest), Confidence::inferred};
  }
  const bool counts_down = normal_tcp_state(before.state) == TcpState::time_wait && before.timer_expires.has_value();
  if (counts_down && interval.elapsed_ns > 0
      && interval.after_boottime_ms > *before.timer_expires + static_cast<std::uint64_t>(slack_s) * 1000) {
    return Contradiction{fmt::format("{} had expired", state), Confidence::inferred};
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
                         Confidence::proven};
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
  const auto is_long = [](const Socket& socket) {
    const std::uint32_t limit = socket.backlog.value_or(0);
    return socket.recv_queue >= (limit == 0 ? accept_queue_without_limit : std::max(limit / 2, 1U));
  };
  if (is_long(before) == is_long(after)) {
    return std::nullopt;
  }
  return QueueStep{true, is_long(after)};
}

} // namespace

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
    return Contradiction{"the machine was rebooted", Confidence::proven};
  }
  switch (compare_identity(before, after)) {
    case SocketIdentity::same:
      return std::nullopt;
    case SocketIdentity::other:
      return Contradiction{before.cookie.value_or(0) != 0 && after.cookie.value_or(0) != 0 ? "new cookie" : "new inode",
                           Confidence::proven};
    case SocketIdentity::unknown:
      break;
  }
  if (before.protocol != SocketProtocol::tcp) {
    return std::nullopt;
  }
  if (!tcp_path(before.state, after.state).reachable) {
    return Contradiction{"impossible step", Confidence::proven};
  }
  if (auto sudden = find_sudden_inode(before, after)) {
    return sudden;
  }
  return find_overstay(before, after, interval);
}

std::optional<QueueStep> find_queue_step(const Socket& before, const Socket& after) {
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
  if (is_data_step(before.send_queue, after.send_queue)) {
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
