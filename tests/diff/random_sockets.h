// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tests/diff/diff_fixture.h"
#include "tests/tables/random_table.h"

namespace hindstat {

/// Random enum values rarely make a state machine: sockets of few addresses in plausible states.
[[nodiscard]] inline Table random_sockets(Rng& rng, std::size_t rows) {
  const auto pick = [&](std::uint64_t count) { return rng() % count; };
  std::vector<Socket> made;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto state = static_cast<TcpState>(1 + pick(13));
    const bool listens = state == TcpState::listen;
    Socket socket = tcp(state, "10.0.0.5", static_cast<std::uint16_t>(1 + pick(3)), listens ? "0.0.0.0" : "10.0.0.9",
                        listens ? std::uint16_t{0} : static_cast<std::uint16_t>(1 + pick(4)),
                        pick(3) == 0 ? 0 : pick(40), static_cast<std::uint32_t>(pick(3) == 0 ? 0 : pick(40)));
    socket.protocol = pick(5) == 0 ? SocketProtocol::udp : SocketProtocol::tcp;
    socket.uid = static_cast<std::uint32_t>(pick(2));
    made.push_back(socket);
  }
  return make_table(sockets, made);
}

} // namespace hindstat
