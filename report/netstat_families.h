// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/other_socket.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Which sockets of table other_socket are shown and with which columns: netstat --ax25 and its kin, ss --vsock and
/// its kin.
struct FamilyView {
  std::vector<OtherFamily> families = {}; ///< None: those that netstat shows unasked, where the kernel had them.
  bool all = false;                       ///< -a
  bool listening = false;  ///< -l; as in netstat without effect on AX.25, NET/ROM, ROSE, IPX and AppleTalk.
  bool extend = false;     ///< -e: the user, where netstat or ss shows it.
  bool programs = false;   ///< -p: pid and command name, where an inode is known.
  bool user_names = false; ///< Users by their names in table user, where they have one.
};

/// The rows of table other_socket that are shown, in the order of the report.
[[nodiscard]] std::vector<std::uint32_t> select_other_sockets(const Table& table, const FamilyView& view);

/// What `netstat` prints of these families (net-tools 2.10), and for vsock, XDP, TIPC and SMC much as ss. Differences:
/// only the order is stable; nothing is cut; the queues and ports of IPX are the right way round; an L2CAP or RFCOMM
/// destination is the peer. A family that was asked for and not told says so, one that was not asked for does not.
/// For each network namespace of the snapshot. Terminal-safe.
[[nodiscard]] std::string format_other_sockets(const Snapshot& snapshot, const FamilyView& view);

} // namespace hindstat
