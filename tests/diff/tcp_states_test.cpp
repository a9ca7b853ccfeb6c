// SPDX-License-Identifier: MIT
#include "diff/tcp_states.h"

#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <sstream>

using namespace hindstat;

namespace {

constexpr std::array order{TcpState::listen,     TcpState::syn_sent,  TcpState::syn_recv, TcpState::established,
                           TcpState::fin_wait1,  TcpState::fin_wait2, TcpState::closing,  TcpState::time_wait,
                           TcpState::close_wait, TcpState::last_ack};

// "=": the same state, "R": unreachable in one connection, else the least and the most steps.
constexpr const char* matrix = R"(
= R R R R R R R R R
R = 1 1-2 2-3 3-4 3-4 3-5 2-3 3-4
R R = 1 1-2 2-3 2-3 2-4 1-2 2-3
R R R = 1 2 2 2-3 1 2
R R R R = 1 1 1-2 R R
R R R R R = R 1 R R
R R R R R R = 1 R R
R R R R R R R = R R
R R R R R R R R = 1
R R R R R R R R R =
)";

std::string describe(TcpState from, TcpState to) {
  const TcpPath& path = tcp_path(from, to);
  if (from == to) {
    return path.reachable && path.longest == 0 ? "=" : "?";
  }
  if (!path.reachable) {
    return "R";
  }
  return path.shortest == path.longest ? fmt::format("{}", path.shortest)
                                       : fmt::format("{}-{}", path.shortest, path.longest);
}

} // namespace

TEST_CASE("the ways between TCP states are those of the state machine", "[diff]") {
  std::istringstream expected(matrix);
  for (const TcpState from : order) {
    for (const TcpState to : order) {
      std::string cell;
      REQUIRE(expected >> cell);
      INFO(format_tcp_state(from) << " -> " << format_tcp_state(to));
      CHECK(describe(from, to) == cell);
    }
  }
}

TEST_CASE("from CLOSE and into CLOSE every state is reachable", "[diff]") {
  for (const TcpState state : order) {
    CHECK(tcp_path(TcpState::close, state).reachable);
    CHECK(tcp_path(state, TcpState::close).reachable);
    CHECK(tcp_path(state, TcpState::close).shortest == 1);
  }
}

TEST_CASE("states that every way passes are named", "[diff]") {
  using Via = std::vector<TcpState>;
  CHECK(tcp_path(TcpState::established, TcpState::last_ack).via == Via{TcpState::close_wait});
  CHECK(tcp_path(TcpState::established, TcpState::time_wait).via == Via{TcpState::fin_wait1});
  CHECK(tcp_path(TcpState::established, TcpState::fin_wait2).via == Via{TcpState::fin_wait1});
  CHECK(tcp_path(TcpState::established, TcpState::close_wait).via.empty());
  CHECK(tcp_path(TcpState::fin_wait1, TcpState::time_wait).via.empty());
}

TEST_CASE("of two readings of one connection the later state counts", "[diff]") {
  CHECK(further_along(TcpState::established, TcpState::time_wait) == TcpState::time_wait);
  CHECK(further_along(TcpState::time_wait, TcpState::established) == TcpState::time_wait);
  CHECK(further_along(TcpState::close_wait, TcpState::fin_wait1)
        == further_along(TcpState::fin_wait1, TcpState::close_wait));
}

TEST_CASE("state numbers without a meaning are CLOSE and do no harm", "[diff]") {
  for (int number = 0; number < 256; ++number) {
    const auto state = static_cast<TcpState>(number);
    CHECK(tcp_path(state, state).reachable);
    CHECK_FALSE(format_tcp_state(state).empty());
    if (number == 0 || number > 13) {
      CHECK(tcp_phase(state) == TcpPhase::idle);
    }
  }
  CHECK(tcp_phase(TcpState::new_syn_recv) == TcpPhase::open);
  CHECK(tcp_phase(TcpState::bound_inactive) == TcpPhase::idle);
}
