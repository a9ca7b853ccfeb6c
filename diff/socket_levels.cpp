// SPDX-License-Identifier: MIT
// What queues and timers of a socket say. A connection that the peer does not let send, or that nobody answers, has a
// long queue for that reason: one event tells both.
#include <fmt/format.h>

#include <cstdlib>

#include "diff/event_parts.h"
#include "diff/socket_events.h"
#include "diff/tcp_progress.h"

namespace hindstat {

namespace {

std::uint32_t retries_of(const Socket& socket) {
  return socket.timer == SocketTimer::on ? socket.timer_retries : 0;
}

// More retransmissions of what was not acknowledged than before (tcp_timer.c; a timer that is on may also be a probe
// of the tail: then there are none).
bool is_stalled(const Socket& before, const Socket& after) {
  return after.protocol == SocketProtocol::tcp && retries_of(after) > retries_of(before);
}

bool meets_zero_window(const Socket& before, const Socket& after) {
  return after.protocol == SocketProtocol::tcp && after.timer == SocketTimer::probe
         && before.timer != SocketTimer::probe;
}

} // namespace

void SocketEvents::compare_levels(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const bool stuck_sender = context_.timers_comparable && compare_timers(before, after, proven);
  bool told = stuck_sender;
  if (const auto step = find_queue_step(before.socket, after.socket, !stuck_sender)) {
    Event event = make("sock.queue", &before, &after);
    add_field(event, "kind", step->grew ? "grew" : "shrank");
    add_field(event, "queue", step->receive ? "recv_queue" : "send_queue");
    add_queues(event, before.socket, after.socket);
    event.confidence = confidence_of(proven);
    add(std::move(event));
    told = true;
  }
  if (!told) {
    unmoved(before, after, proven);
  }
  compare_drops(before, after, proven);
}

// True when the timer says why nothing is sent.
bool SocketEvents::compare_timers(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const bool zero_window = meets_zero_window(before.socket, after.socket);
  if (!zero_window && !is_stalled(before.socket, after.socket)) {
    return false;
  }
  Event event = make(zero_window ? "sock.zero_window" : "sock.stalled", &before, &after);
  event.confidence = confidence_of(proven);
  add_field(event, "state", format_tcp_state(after.socket.state));
  if (!zero_window) {
    add_field(event, "retries", fmt::format("{}", after.socket.timer_retries));
    add_step(event, "timer_retries", retries_of(before.socket), after.socket.timer_retries);
    if (after.socket.timer_retries < context_.interval.limits(after.socket.netns).doubtful_retries) {
      event.severity = Severity::note; // The next one may well arrive.
    }
    doubt_long_wait(event, before.socket, proven);
  }
  add_step(event, "send_queue", before.socket.send_queue, after.socket.send_queue);
  add(std::move(event));
  return true;
}

// Only cookie or inode can tell one connection that nobody answers from two of them.
void SocketEvents::doubt_long_wait(Event& event, const Socket& before, bool proven) const {
  const TimeLimit& limit = context_.interval.limits(before.netns).unacknowledged;
  constexpr std::int64_t ms_ns = 1'000'000;
  if (!proven && before.send_queue != 0 && std::llabs(context_.interval.elapsed_ns) / ms_ns > limit.ms) {
    event.confidence = Confidence::inferred;
    event.why.push_back(fmt::format("seldom is one connection without an answer for longer than {}.{} s ({})",
                                    limit.ms / 1000, limit.ms % 1000 / 100, limit.why));
  }
}

void SocketEvents::unmoved(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const Socket& a = before.socket;
  const Socket& b = after.socket;
  const TcpPhase phase = phase_of(b);
  const bool may_be_stuck = phase_of(a) == phase && (phase == TcpPhase::open || phase == TcpPhase::listening);
  if (!may_be_stuck || !context_.interval.same_boot || context_.interval.elapsed_ns == 0 || !has_long_queue(b)
      || !has_long_queue(a)) {
    return;
  }
  const bool receive = a.recv_queue == b.recv_queue && b.recv_queue != 0 && is_long_queue(b, true);
  const bool send = !receive && a.send_queue == b.send_queue && is_long_queue(b, false);
  if (!receive && !send) {
    return;
  }
  const auto moved = context_.progress == nullptr ? std::nullopt : context_.progress->moved(b, receive);
  if (moved.value_or(false)) {
    return;
  }
  Event event = make("sock.queue", &before, &after);
  add_field(event, "kind", "stuck");
  add_field(event, "queue", receive ? "recv_queue" : "send_queue");
  add_field(event, "length", fmt::format("{}", receive ? b.recv_queue : b.send_queue));
  event.confidence = confidence_of(proven && moved.has_value());
  doubt_long_wait(event, a, proven || receive);
  add(std::move(event));
}

void SocketEvents::add_queues(Event& event, const Socket& before, const Socket& after) {
  add_step(event, "recv_queue", before.recv_queue, after.recv_queue);
  add_step(event, "send_queue", before.send_queue, after.send_queue);
}

void SocketEvents::compare_drops(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const auto& a = before.socket.drops;
  const auto& b = after.socket.drops;
  if (!context_.interval.same_boot || !a || !b || *b <= *a) {
    return;
  }
  Event event = make("sock.drops", &before, &after);
  add_field(event, "drops", fmt::format("{}", *b - *a));
  add_step(event, "drops", *a, *b);
  event.confidence = confidence_of(proven);
  add(std::move(event));
}

} // namespace hindstat
