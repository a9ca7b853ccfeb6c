// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "diff/socket_match.h"

namespace hindstat {

/// The sockets that listen at one address.
struct ListenerGroup {
  NumberedSocket example;
  std::size_t workers = 1;
};

/// A service that listens at the same port of other addresses: more can reach it, or fewer.
struct ReachChange {
  ListenerGroup before;
  ListenerGroup after;
  bool widened = false; ///< From the loopback to an address, or from either to all addresses; else the other way.
  bool program_known = false;
};

struct ReachMatch {
  std::vector<ReachChange> changed;
  std::vector<ListenerGroup> removed; ///< What is left, in the order given.
  std::vector<ListenerGroup> added;
};

/// Finds the services among TCP listeners that are at their address on one side only: same namespace, port and program
/// (the same user where that is unknown), and reach of another kind. The same address family goes first. The result
/// does not depend on the order of rows.
[[nodiscard]] ReachMatch match_reach(std::vector<ListenerGroup> removed, std::vector<ListenerGroup> added,
                                     const SocketContext& context);

} // namespace hindstat
