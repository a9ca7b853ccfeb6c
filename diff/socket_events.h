// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "diff/listener_reach.h"
#include "diff/side_rows.h"
#include "diff/socket_match.h"
#include "diff/socket_names.h"

namespace hindstat {

/// Turns what was matched into events, each change once. A connection is opened once and closed once, whatever rows
/// come and go (the counting rule of diff-semantics 3.4).
class SocketEvents {
public:
  /// All arguments outlive it.
  SocketEvents(const SocketContext& context, const SocketNames& names, const SideRows& before, const SideRows& after)
    : context_(context), names_(names), before_(before), after_(after) {
  }

  /// The row is only after (`workers`: as one of so many listeners of its key).
  void appeared(const NumberedSocket& after, std::size_t workers = 1);
  /// The row is only before.
  void vanished(const NumberedSocket& before, std::size_t workers = 1);
  /// One socket on both sides, by its cookie or inode, or else by its name alone.
  void stayed(const NumberedSocket& before, const NumberedSocket& after, bool by_identity);
  /// One socket whose queues are as they were: an event when one of them is long and nothing moved. `proven` as above.
  void unmoved(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  /// Two connections that had the same addresses and ports one after the other.
  void reopened(const NumberedSocket& before, const NumberedSocket& after, const Contradiction& contradiction);
  /// A service whose `count` sockets are new ones of the same program; the rows are examples.
  void restarted(const NumberedSocket& before, const NumberedSocket& after, std::size_t count);
  /// More or fewer sockets listen at one address; the rows are examples.
  void workers_changed(const NumberedSocket& before, const NumberedSocket& after, std::size_t count_before,
                       std::size_t count_after);
  /// A service that more or fewer can reach.
  void reach_changed(const ReachChange& change);

  [[nodiscard]] std::vector<Event> take() {
    return std::move(events_);
  }

private:
  Event make(std::string_view name, const NumberedSocket* before, const NumberedSocket* after) const;
  bool change_state(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  void step(std::string_view name, const NumberedSocket& before, const NumberedSocket& after, bool proven);
  void compare_inodes(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  void compare_owner(const NumberedSocket& before, const NumberedSocket& after);
  void compare_attributes(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  [[nodiscard]] bool differ(const auto& before, const auto& after) const;
  [[nodiscard]] std::vector<EventChange> find_attribute_changes(const Socket& before, const Socket& after) const;
  static void doubt_unknown_program(Event& event, bool known);
  // What follows is in socket_levels.cpp.
  void compare_levels(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  bool compare_timers(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  void compare_drops(const NumberedSocket& before, const NumberedSocket& after, bool proven);
  void doubt_long_wait(Event& event, const Socket& before, bool proven) const;
  static void add_queues(Event& event, const Socket& before, const Socket& after);
  void add(Event event) {
    events_.push_back(std::move(event));
  }

  const SocketContext& context_;
  const SocketNames& names_;
  const SideRows& before_;
  const SideRows& after_;
  std::vector<Event> events_;
};

/// TCP connections that the events say were opened and closed; from the rows of A to those of B the number of open
/// ones changes by exactly opened - closed.
struct ConnectionCount {
  std::size_t opened = 0;
  std::size_t closed = 0;
  std::size_t came_and_went = 0; ///< Counted in both.
};
[[nodiscard]] ConnectionCount count_connections(std::span<const Event> events);

} // namespace hindstat
