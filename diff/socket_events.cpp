// SPDX-License-Identifier: MIT
#include "diff/socket_events.h"

#include <fmt/format.h>

#include <algorithm>

#include "tables/format.h"

namespace hindstat {

namespace {

void add_field(Event& event, std::string_view name, std::string value) {
  if (!value.empty()) {
    event.fields.push_back({std::string(name), std::move(value)});
  }
}

std::string format_state(const Socket& socket) {
  return format_tcp_state(socket.state);
}

bool is_tcp(const Socket& socket) {
  return socket.protocol == SocketProtocol::tcp;
}

Confidence confidence_of(bool proven) {
  return proven ? Confidence::proven : Confidence::consistent;
}

std::string format_optional(const std::optional<std::uint32_t>& value) {
  return value ? fmt::format("{}", *value) : "";
}

template <typename Value, typename Format>
void add_change(Event& event, std::string_view column, const std::optional<Value>& from, const std::optional<Value>& to,
                Format&& format) {
  const auto text = [&](const std::optional<Value>& value) {
    return value ? std::optional<std::string>(format(*value)) : std::nullopt;
  };
  event.changed.push_back({std::string(column), text(from), text(to)});
}

std::string format_number(std::uint32_t value) {
  return fmt::format("{}", value);
}

std::string format_text(const std::string& value) {
  return value;
}

std::string dropped_packets(const Socket& before, const Socket& after) {
  if (!before.drops || !after.drops || *after.drops <= *before.drops) {
    return "";
  }
  return fmt::format("{}", *after.drops - *before.drops);
}

// The number of states between that no snapshot saw: "1", or "1-2" where there are several ways.
std::string format_skipped(const TcpPath& path) {
  if (path.longest <= 1) {
    return "";
  }
  return path.shortest == path.longest ? fmt::format("{}", path.shortest - 1)
                                       : fmt::format("{}-{}", path.shortest - 1, path.longest - 1);
}

std::string format_via(const TcpPath& path) {
  std::string via;
  for (const TcpState state : path.via) {
    via += (via.empty() ? "" : " ") + format_tcp_state(state);
  }
  return via;
}

} // namespace

Event SocketEvents::make(std::string_view name, const NumberedSocket* before, const NumberedSocket* after) const {
  const Socket& shown = after != nullptr ? after->socket : before->socket;
  Event event;
  event.spec = &event_spec(name);
  event.table = sockets.name();
  event.netns = shown.netns;
  event.key = names_.key(shown);
  for (const NumberedSocket* side : {after, before}) {
    if (side != nullptr && event.incarnation.empty()) {
      event.incarnation = format_incarnation(side->socket);
    }
    if (side != nullptr && event.owner.empty() && side->socket.inode != 0) {
      const Owners& owners = side == after ? *context_.owners_after : *context_.owners_before;
      event.owner = owners.describe(side->socket.pid);
    }
  }
  if (before != nullptr) {
    event.before_row = before_.origin(before->row);
  }
  if (after != nullptr) {
    event.after_row = after_.origin(after->row);
  }
  event.confidence = Confidence::proven;
  if (!name.starts_with("listen.")) {
    add_field(event, "dir", std::string(names_.direction(shown)));
  }
  return event;
}

void SocketEvents::appeared(const NumberedSocket& after, std::size_t workers) {
  const TcpPhase phase = phase_of(after.socket);
  const std::string_view name = phase == TcpPhase::listening ? "listen.added"
                                : phase == TcpPhase::idle    ? "sock.bound"
                                                             : "sock.opened";
  Event event = make(name, nullptr, &after);
  add_field(event, "state", format_state(after.socket));
  if (phase == TcpPhase::closing) {
    add_field(event, "came_and_went", "true");
  }
  if (workers > 1) {
    add_field(event, "workers", fmt::format("{}", workers));
  }
  add(std::move(event));
}

void SocketEvents::vanished(const NumberedSocket& before, std::size_t workers) {
  switch (phase_of(before.socket)) {
    case TcpPhase::listening: {
      Event event = make("listen.removed", &before, nullptr);
      add_field(event, "state", format_state(before.socket));
      if (workers > 1) {
        add_field(event, "workers", fmt::format("{}", workers));
      }
      add(std::move(event));
      return;
    }
    case TcpPhase::idle: {
      Event event = make("sock.unbound", &before, nullptr);
      add_field(event, "state", format_state(before.socket));
      add(std::move(event));
      return;
    }
    case TcpPhase::open: {
      Event event = make("sock.closed", &before, nullptr);
      add_field(event, "from", format_state(before.socket));
      if (is_tcp(before.socket)) {
        add_field(event, "closer", std::string(first_closer(before.socket.state)));
      }
      add(std::move(event));
      return;
    }
    case TcpPhase::closing: {
      Event event = make("sock.reaped", &before, nullptr);
      add_field(event, "from", format_state(before.socket));
      add(std::move(event));
      return;
    }
  }
}

void SocketEvents::reopened(const NumberedSocket& before, const NumberedSocket& after,
                            const Contradiction& contradiction) {
  const auto is_connection = [](const Socket& socket) {
    return phase_of(socket) == TcpPhase::open || phase_of(socket) == TcpPhase::closing;
  };
  if (!is_connection(before.socket) || !is_connection(after.socket)) {
    vanished(before);
    appeared(after);
    return;
  }
  Event event = make("sock.reopened", &before, &after);
  add_field(event, "from", format_state(before.socket));
  add_field(event, "to", format_state(after.socket));
  add_field(event, "reason", contradiction.reason);
  event.confidence = contradiction.confidence;
  event.why.push_back(contradiction.reason);
  if (phase_of(before.socket) == TcpPhase::closing) {
    event.severity = Severity::info; // The addresses were free again: nobody lost a connection.
  }
  add(std::move(event));
}

void SocketEvents::restarted(const NumberedSocket& before, const NumberedSocket& after, std::size_t count) {
  Event event = make("listen.restarted", &before, &after);
  const std::string owner_before = context_.owners_before->describe(before.socket.pid);
  if (context_.owners_comparable && owner_before != event.owner) {
    add_field(event, "owner_before", owner_before);
  }
  add_field(event, "sockets", fmt::format("{}", count));
  const bool programs_known = context_.owners_comparable && !context_.owners_before->program(before.socket.pid).empty()
                              && !context_.owners_after->program(after.socket.pid).empty();
  if (!programs_known) {
    event.confidence = Confidence::consistent;
    event.why.emplace_back("the program is unknown on a side; the user is the same");
  }
  add(std::move(event));
}

void SocketEvents::workers_changed(const NumberedSocket& before, const NumberedSocket& after, std::size_t count_before,
                                   std::size_t count_after) {
  Event event = make("listen.workers", &before, &after);
  event.incarnation.clear(); // It is about all of them.
  add_field(event, "from", fmt::format("{}", count_before));
  add_field(event, "to", fmt::format("{}", count_after));
  add(std::move(event));
}

void SocketEvents::stayed(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const bool ended = before.socket.state != after.socket.state && change_state(before, after, proven);
  if (ended) {
    return; // Owner, queues and inode go with the connection: one event tells it.
  }
  compare_inodes(before, after, proven);
  compare_owner(before, after);
  compare_attributes(before, after, proven);
  compare_levels(before, after, proven);
}

// True when the connection (or the listening) began or ended, so that nothing else is to be said.
bool SocketEvents::change_state(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  if (!is_tcp(before.socket)) {
    step("sock.state", before, after, proven);
    return false;
  }
  const TcpPhase from = phase_of(before.socket);
  const TcpPhase to = phase_of(after.socket);
  if (from == to || (from == TcpPhase::closing && to == TcpPhase::open)) {
    step("sock.state", before, after, proven);
    return false;
  }
  if (from == TcpPhase::open && (to == TcpPhase::closing || to == TcpPhase::idle)) {
    step("sock.closed", before, after, proven);
  } else if (from == TcpPhase::closing && to == TcpPhase::idle) {
    step("sock.reaped", before, after, proven);
  } else {
    if (from != TcpPhase::idle) {
      vanished(before);
    }
    if (to != TcpPhase::idle) {
      appeared(after);
    }
  }
  return true;
}

void SocketEvents::step(std::string_view name, const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  Event event = make(name, &before, &after);
  add_field(event, "from", format_state(before.socket));
  add_field(event, "to", format_state(after.socket));
  event.changed.push_back({"state", format_state(before.socket), format_state(after.socket)});
  event.confidence = confidence_of(proven);
  if (is_tcp(before.socket) && name != "sock.reaped") {
    const TcpPath& path = tcp_path(before.socket.state, after.socket.state);
    if (!path.reachable) {
      event.why.emplace_back("socket reused after disconnect");
    } else if (phase_of(after.socket) != TcpPhase::idle) {
      add_field(event, "via", format_via(path));
      add_field(event, "skipped", format_skipped(path));
    }
    const std::string_view closer = first_closer(after.socket.state);
    add_field(event, "closer", std::string(closer.empty() ? first_closer(before.socket.state) : closer));
  }
  add(std::move(event));
}

void SocketEvents::compare_inodes(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const bool had = before.socket.inode != 0;
  const bool has = after.socket.inode != 0;
  const bool open = phase_of(after.socket) == TcpPhase::open;
  if (had == has || !is_tcp(after.socket) || normal_tcp_state(after.socket.state) == TcpState::time_wait
      || (has && !open)) {
    return; // TIME_WAIT never has an inode: the change of state says all.
  }
  Event event = make(has ? "sock.accepted" : "sock.orphaned", &before, &after);
  add_field(event, "state", format_state(after.socket));
  event.confidence = confidence_of(proven);
  add(std::move(event));
}

// Without an inode uid and pid say nothing: the kernel prints uid 0 for sockets that no process holds.
void SocketEvents::compare_owner(const NumberedSocket& before, const NumberedSocket& after) {
  if (before.socket.inode == 0 || after.socket.inode == 0) {
    return;
  }
  const std::string program_before = context_.owners_before->program(before.socket.pid);
  const std::string program_after = context_.owners_after->program(after.socket.pid);
  const bool programs_known = !program_before.empty() && !program_after.empty();
  const bool pid_differs = context_.owners_comparable && before.socket.pid != after.socket.pid
                           && (context_.interval.same_boot || (programs_known && program_before != program_after));
  const bool uid_differs = before.socket.uid != after.socket.uid;
  if (!pid_differs && !uid_differs) {
    return;
  }
  Event event = make("sock.owner", &before, &after);
  const bool changed = uid_differs || (programs_known && program_before != program_after);
  add_field(event, "kind", changed ? "changed" : programs_known ? "restarted" : "unknown");
  if (pid_differs) {
    add_field(event, "owner_before", context_.owners_before->describe(before.socket.pid));
    add_change(event, "pid", before.socket.pid, after.socket.pid, format_number);
  }
  if (uid_differs) {
    event.changed.push_back({"uid", format_number(before.socket.uid), format_number(after.socket.uid)});
  }
  add(std::move(event));
}

void SocketEvents::compare_attributes(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const Socket& a = before.socket;
  const Socket& b = after.socket;
  const auto differ = [&](const auto& x, const auto& y) {
    return x != y && !(context_.sources_differ && (!x.has_value() || !y.has_value()));
  };
  if (differ(a.backlog, b.backlog) && is_service(b) && is_service(a)) {
    Event event = make("listen.backlog", &before, &after);
    add_field(event, "from", format_optional(a.backlog));
    add_field(event, "to", format_optional(b.backlog));
    add_change(event, "backlog", a.backlog, b.backlog, format_number);
    event.confidence = confidence_of(proven);
    add(std::move(event));
  }
  if (differ(a.bound_interface, b.bound_interface)) {
    Event event = make("sock.changed", &before, &after);
    add_change(event, "bound_interface", a.bound_interface, b.bound_interface, format_text);
    event.confidence = confidence_of(proven);
    add(std::move(event));
  }
}

void SocketEvents::compare_levels(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  if (const auto queue = find_queue_step(before.socket, after.socket)) {
    Event event = make("sock.queue", &before, &after);
    add_field(event, "kind", queue->grew ? "grew" : "shrank");
    add_field(event, "queue", queue->receive ? "recv_queue" : "send_queue");
    const auto add_queue = [&](std::string_view column, std::uint32_t from, std::uint32_t to) {
      if (from != to) {
        event.changed.push_back({std::string(column), format_number(from), format_number(to)});
      }
    };
    add_queue("recv_queue", before.socket.recv_queue, after.socket.recv_queue);
    add_queue("send_queue", before.socket.send_queue, after.socket.send_queue);
    event.confidence = confidence_of(proven);
    add(std::move(event));
  }
  const std::string drops = context_.interval.same_boot ? dropped_packets(before.socket, after.socket) : "";
  if (!drops.empty()) {
    Event event = make("sock.drops", &before, &after);
    add_field(event, "drops", drops);
    add_change(event, "drops", before.socket.drops, after.socket.drops, format_number);
    event.confidence = confidence_of(proven);
    add(std::move(event));
  }
}

ConnectionCount count_connections(std::span<const Event> events) {
  const auto phase_in = [](const Event& event, std::string_view field) {
    const std::string* state = find_field(event, field);
    const auto is_it = [&](const ValueName& name) { return state != nullptr && name.name == *state; };
    const auto it = std::ranges::find_if(NamesOf<TcpState>::values, is_it);
    return it == NamesOf<TcpState>::values.end() ? TcpPhase::idle : tcp_phase(static_cast<TcpState>(it->value));
  };
  ConnectionCount count;
  for (const Event& event : events) {
    if (!event.key.starts_with("tcp ")) {
      continue;
    }
    const bool reopened = event.spec->name == "sock.reopened";
    const bool reused = event.spec->name == "sock.state" && phase_in(event, "from") == TcpPhase::closing
                        && phase_in(event, "to") == TcpPhase::open;
    const bool went = has_flag(event, "came_and_went") || (reopened && phase_in(event, "to") == TcpPhase::closing);
    count.opened += reopened || reused || event.spec->name == "sock.opened" ? 1U : 0U;
    count.closed +=
      event.spec->name == "sock.closed" || (reopened && phase_in(event, "from") == TcpPhase::open) ? 1U : 0U;
    count.closed += went ? 1U : 0U;
    count.came_and_went += went ? 1U : 0U;
  }
  return count;
}

} // namespace hindstat
