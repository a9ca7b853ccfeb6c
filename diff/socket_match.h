// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diff/owners.h"
#include "diff/socket_names.h"
#include "diff/socket_rules.h"

namespace hindstat {

class TcpProgress;

/// What judging sockets needs beside their rows.
struct SocketContext {
  SocketInterval interval;
  bool owners_comparable = true;
  bool sources_differ = false;
  bool users_comparable = true;    ///< False when a side does not tell uids.
  bool timers_comparable = true;   ///< False when a side does not tell timers.
  TcpProgress* progress = nullptr; ///< Null: what moved is not known.
  const Owners* owners_before = nullptr;
  const Owners* owners_after = nullptr;
  const SocketNames* names = nullptr; ///< Of all sockets of both sides; nullptr: those of the two tables.
};

/// A row with its place.
struct NumberedSocket {
  std::uint32_t row = 0;
  Socket socket;
};

/// A socket that others connect to or send to, whoever they are: LISTEN, or a datagram socket that is not connected.
/// It lives on when its program is restarted.
[[nodiscard]] bool is_service(const Socket& socket);

/// Two rows of one key: the same socket, or (with a contradiction) the old one and its successor.
struct MatchedSockets {
  NumberedSocket before;
  NumberedSocket after;
  std::optional<Contradiction> contradiction;
};

/// Rows of one key, matched.
struct SocketMatch {
  std::vector<MatchedSockets> pairs;
  std::vector<NumberedSocket> removed;
  std::vector<NumberedSocket> added;
};

/// Matches the rows of one key that neither equality nor identity has paired (diff-semantics 3.3, steps 2b to 2e):
/// by state and attributes, by owner, alone on both sides, then in order within an owner. The order of rows does not
/// matter. A service is never matched with one of another program.
[[nodiscard]] SocketMatch match_sockets(std::vector<NumberedSocket> before, std::vector<NumberedSocket> after,
                                        const SocketContext& context);

/// Puts rows into an order that does not depend on the order in which they came.
void sort_sockets(std::vector<NumberedSocket>& rows);

/// Judges one pair; across boots a service is the same one whatever its cookie.
[[nodiscard]] std::optional<Contradiction> judge_pair(const Socket& before, const Socket& after,
                                                      const SocketContext& context);

} // namespace hindstat
