// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tables/socket.h"

namespace hindstat {

/// The eleven states of RFC 9293: NEW_SYN_RECV is SYN_RECV, BOUND_INACTIVE and numbers without a meaning are CLOSE.
[[nodiscard]] TcpState normal_tcp_state(TcpState state);

/// What one connection may have gone through from one state to another.
struct TcpPath {
  bool reachable = false;
  std::uint8_t shortest = 0; ///< Steps of the shortest and of the longest way; both 0 for equal states.
  std::uint8_t longest = 0;
  std::vector<TcpState> via; ///< States between the two that are on every way, in order.
};

/// `from` and `to` may be any state. From CLOSE and into CLOSE everything is reachable.
[[nodiscard]] const TcpPath& tcp_path(TcpState from, TcpState to);

/// Of two states of one connection that were read in one snapshot, the later one.
[[nodiscard]] TcpState further_along(TcpState a, TcpState b);

/// What a state is to the counting of connections.
enum class TcpPhase : std::uint8_t {
  idle,      ///< CLOSE: bound, or not even that.
  listening, ///< LISTEN
  open,      ///< SYN_SENT, SYN_RECV, ESTABLISHED, CLOSE_WAIT
  closing,   ///< FIN_WAIT1, FIN_WAIT2, CLOSING, TIME_WAIT, LAST_ACK
};
[[nodiscard]] TcpPhase tcp_phase(TcpState state);

/// Which end closed first, as far as the state says: "local", "peer", or "" when it does not.
[[nodiscard]] std::string_view first_closer(TcpState state);

/// "ESTABLISHED"; the number for states without a name.
[[nodiscard]] std::string format_tcp_state(TcpState state);

} // namespace hindstat
