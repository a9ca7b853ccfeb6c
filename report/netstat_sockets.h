// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/former_owners.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Which sockets are shown and with which columns: the options of netstat.
struct SocketView {
  bool tcp = false; ///< With none of the four: all of them.
  bool udp = false;
  bool udplite = false;
  bool sctp = false;
  bool raw = false;
  bool ipv4 = false; ///< With neither: both.
  bool ipv6 = false;
  bool all = false;                            ///< -a
  bool listening = false;                      ///< -l; without -a and -l only sockets that do not listen.
  bool extend = false;                         ///< -e: uid and inode.
  bool programs = false;                       ///< -p: pid and command name.
  bool timers = false;                         ///< -o
  bool service_names = false;                  ///< Ports by their names in table service, where they have one.
  bool host_names = false;                     ///< Addresses by their names in table resolved_name, likewise.
  bool user_names = false;                     ///< Users by their names in table user, where they have one.
  const FormerOwners* former_owners = nullptr; ///< With -p: who held the sockets that have no owner; outlives the view.
};

/// The rows of table socket that netstat would show, in the order of the report: by protocol and family, then those
/// that listen, then by addresses. TCP sockets that are only bound (BOUND_INACTIVE) are never among them.
[[nodiscard]] std::vector<std::uint32_t> select_sockets(const Table& table, const SocketView& view);

/// What `netstat -W` with these options prints (net-tools 2.10), whole and with names only where they were asked for
/// and recorded; a former owner stands in parentheses, and a last line says so. For each network
/// namespace of the snapshot; "not collected" and the reason where there are no rows to speak of. Terminal-safe.
[[nodiscard]] std::string format_sockets(const Snapshot& snapshot, const SocketView& view);

} // namespace hindstat
