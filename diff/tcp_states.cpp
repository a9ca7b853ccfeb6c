// SPDX-License-Identifier: MIT
// Two snapshots see two states of a connection and nothing between. Which ways lead from one to the other is computed
// here from the edges of RFC 9293 section 3.3.2 and of net/ipv4/tcp_input.c: SYN_RECV -> FIN_WAIT1 and CLOSE_WAIT (the
// handshake's last ACK and more in one packet), FIN_WAIT1 -> TIME_WAIT (FIN and ACK in one packet).
#include "diff/tcp_states.h"

#include <algorithm>
#include <array>

#include "tables/format.h"

namespace hindstat {

namespace {

constexpr std::size_t state_count = 12; // 1 to 11 are used.

struct Edge {
  TcpState from;
  TcpState to;
};

constexpr std::array edges{
  Edge{TcpState::syn_sent, TcpState::syn_recv},      Edge{TcpState::syn_sent, TcpState::established},
  Edge{TcpState::syn_recv, TcpState::established},   Edge{TcpState::syn_recv, TcpState::fin_wait1},
  Edge{TcpState::syn_recv, TcpState::close_wait},    Edge{TcpState::established, TcpState::fin_wait1},
  Edge{TcpState::established, TcpState::close_wait}, Edge{TcpState::fin_wait1, TcpState::fin_wait2},
  Edge{TcpState::fin_wait1, TcpState::closing},      Edge{TcpState::fin_wait1, TcpState::time_wait},
  Edge{TcpState::fin_wait2, TcpState::time_wait},    Edge{TcpState::closing, TcpState::time_wait},
  Edge{TcpState::close_wait, TcpState::last_ack},    Edge{TcpState::close, TcpState::listen},
  Edge{TcpState::close, TcpState::syn_sent},         Edge{TcpState::close, TcpState::syn_recv},
};

std::vector<TcpState> successors(TcpState from) {
  std::vector<TcpState> next;
  for (const Edge& edge : edges) {
    if (edge.from == from) {
      next.push_back(edge.to);
    }
  }
  if (from != TcpState::close) {
    next.push_back(TcpState::close); // Reset, timeout, or the end of the last state.
  }
  return next;
}

using Way = std::vector<TcpState>;

// Without CLOSE in between the states are ordered: the recursion ends.
void collect_ways(Way way, TcpState to, std::vector<Way>& ways) {
  for (const TcpState next : successors(way.back())) {
    if (next == to) {
      ways.push_back(way);
      ways.back().push_back(next);
    } else if (next != TcpState::close) {
      Way longer = way;
      longer.push_back(next);
      collect_ways(std::move(longer), to, ways);
    }
  }
}

TcpPath find_path(TcpState from, TcpState to) {
  TcpPath path;
  if (from == to) {
    path.reachable = true;
    return path;
  }
  std::vector<Way> ways;
  collect_ways({from}, to, ways);
  if (ways.empty()) {
    return path;
  }
  const auto by_length = [](const Way& a, const Way& b) { return a.size() < b.size(); };
  const auto [shortest, longest] = std::ranges::minmax_element(ways, by_length);
  path.reachable = true;
  path.shortest = static_cast<std::uint8_t>(shortest->size() - 1);
  path.longest = static_cast<std::uint8_t>(longest->size() - 1);
  for (auto state = shortest->begin() + 1; state != shortest->end() - 1; ++state) {
    const bool on_every_way =
      std::ranges::all_of(ways, [&](const Way& way) { return std::ranges::find(way, *state) != way.end(); });
    if (on_every_way) {
      path.via.push_back(*state);
    }
  }
  return path;
}

using Matrix = std::array<std::array<TcpPath, state_count>, state_count>;

Matrix compute_matrix() {
  Matrix matrix;
  for (std::size_t from = 1; from < state_count; ++from) {
    for (std::size_t to = 1; to < state_count; ++to) {
      matrix[from][to] = find_path(static_cast<TcpState>(from), static_cast<TcpState>(to));
    }
  }
  return matrix;
}

} // namespace

TcpState normal_tcp_state(TcpState state) {
  if (state == TcpState::new_syn_recv) {
    return TcpState::syn_recv;
  }
  const auto number = static_cast<std::size_t>(state);
  return number == 0 || number >= state_count ? TcpState::close : state;
}

const TcpPath& tcp_path(TcpState from, TcpState to) {
  static const Matrix matrix = compute_matrix();
  return matrix[static_cast<std::size_t>(normal_tcp_state(from))][static_cast<std::size_t>(normal_tcp_state(to))];
}

TcpState further_along(TcpState a, TcpState b) {
  const bool a_to_b = tcp_path(a, b).reachable;
  const bool b_to_a = tcp_path(b, a).reachable;
  if (a_to_b != b_to_a) {
    return a_to_b ? b : a;
  }
  const std::uint8_t way_a = tcp_path(TcpState::syn_sent, a).longest;
  const std::uint8_t way_b = tcp_path(TcpState::syn_sent, b).longest;
  if (way_a != way_b) {
    return way_a > way_b ? a : b;
  }
  return std::max(a, b);
}

TcpPhase tcp_phase(TcpState state) {
  switch (normal_tcp_state(state)) {
    case TcpState::listen:
      return TcpPhase::listening;
    case TcpState::syn_sent:
    case TcpState::syn_recv:
    case TcpState::established:
    case TcpState::close_wait:
      return TcpPhase::open;
    case TcpState::fin_wait1:
    case TcpState::fin_wait2:
    case TcpState::closing:
    case TcpState::time_wait:
    case TcpState::last_ack:
      return TcpPhase::closing;
    default:
      return TcpPhase::idle;
  }
}

std::string_view first_closer(TcpState state) {
  switch (state) {
    case TcpState::fin_wait1:
    case TcpState::fin_wait2:
    case TcpState::closing:
    case TcpState::time_wait:
      return "local";
    case TcpState::close_wait:
    case TcpState::last_ack:
      return "peer";
    default:
      return "";
  }
}

std::string format_tcp_state(TcpState state) {
  return format_enum(NamesOf<TcpState>::values, static_cast<std::uint8_t>(state));
}

} // namespace hindstat
