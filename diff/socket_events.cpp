// SPDX-License-Identifier: MIT
#include "diff/socket_events.h"

#include <fmt/format.h>

#include <algorithm>

#include "diff/event_parts.h"
#include "tables/format.h"

namespace hindstat {

namespace {

std::string format_state(const Socket& socket) {
  return format_tcp_state(socket.state);
}

bool is_tcp(const Socket& socket) {
  return socket.protocol == SocketProtocol::tcp;
}

std::string format_optional(const std::optional<std::uint32_t>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string format_number(std::uint32_t value) {
  return fmt::format("{}", value);
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
  if (is_dual(shown)) {
    add_field(event, "dual", "true");
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
  if (!contradiction.evidence.empty()) {
    event.why.push_back(contradiction.evidence);
  }
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
  doubt_unknown_program(event, programs_known);
  event.changed = find_attribute_changes(before.socket, after.socket);
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

void SocketEvents::reach_changed(const ReachChange& change) {
  Event event =
    make(change.widened ? "listen.widened" : "listen.narrowed", &change.before.example, &change.after.example);
  const Socket& before = change.before.example.socket;
  const Socket& after = change.after.example.socket;
  add_field(event, "from", format_endpoint(before.local_address, before.local_port));
  add_field(event, "to", format_endpoint(after.local_address, after.local_port));
  if (change.after.workers > 1) {
    add_field(event, "workers", fmt::format("{}", change.after.workers));
  }
  const std::string owner_before = context_.owners_before->describe(before.pid);
  if (context_.owners_comparable && owner_before != event.owner) {
    add_field(event, "owner_before", owner_before);
  }
  doubt_unknown_program(event, change.program_known);
  add(std::move(event));
}

void SocketEvents::doubt_unknown_program(Event& event, bool known) {
  if (!known) {
    event.confidence = Confidence::consistent;
    event.why.emplace_back("the program is unknown on a side; the user is the same");
  }
}

void SocketEvents::stayed(const NumberedSocket& before, const NumberedSocket& after, bool by_identity) {
  // An inode alone is less than the cookie that one side has, too.
  const bool proven = by_identity && (before.socket.cookie.value_or(0) != 0) == (after.socket.cookie.value_or(0) != 0);
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
  if (!context_.interval.inodes_comparable || had == has || !is_tcp(after.socket)
      || normal_tcp_state(after.socket.state) == TcpState::time_wait || (has && !open)) {
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
  const bool uid_differs = context_.users_comparable && before.socket.uid != after.socket.uid;
  if (!pid_differs && !uid_differs) {
    return;
  }
  Event event = make(phase_of(after.socket) == TcpPhase::listening ? "listen.owner" : "sock.owner", &before, &after);
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

bool SocketEvents::differ(const auto& before, const auto& after) const {
  return before != after && !(context_.sources_differ && (!before.has_value() || !after.has_value()));
}

// What is not told by an event of its own.
std::vector<EventChange> SocketEvents::find_attribute_changes(const Socket& a, const Socket& b) const {
  std::vector<EventChange> changes;
  const auto compare = [&](std::string_view column, const std::optional<std::string>& from,
                           const std::optional<std::string>& to) {
    if (differ(from, to)) {
      changes.push_back({std::string(column), from, to});
    }
  };
  compare("bound_interface", a.bound_interface, b.bound_interface);
  compare("local_addresses", a.local_addresses, b.local_addresses);
  compare("remote_addresses", a.remote_addresses, b.remote_addresses);
  return changes;
}

void SocketEvents::compare_attributes(const NumberedSocket& before, const NumberedSocket& after, bool proven) {
  const Socket& a = before.socket;
  const Socket& b = after.socket;
  if (differ(a.backlog, b.backlog) && is_service(b) && is_service(a)) {
    Event event = make("listen.backlog", &before, &after);
    add_field(event, "from", format_optional(a.backlog));
    add_field(event, "to", format_optional(b.backlog));
    add_change(event, "backlog", a.backlog, b.backlog, format_number);
    event.confidence = confidence_of(proven);
    add(std::move(event));
  }
  if (auto changes = find_attribute_changes(a, b); !changes.empty()) {
    Event event = make("sock.changed", &before, &after);
    event.changed = std::move(changes);
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
