// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tables/snapshot.h"
#include "tables/socket.h"

namespace hindstat {

/// Who held sockets that have no owner any more: orphans and those in TIME_WAIT. The kernel forgets the process, but
/// the cookie stays the same for the life of a TCP socket (also as a TIME_WAIT minisock), so an earlier snapshot of the
/// same boot may tell. And who is to accept those that have none yet: the owner of the socket that listens there.
class FormerOwners {
public:
  /// None is looked for.
  FormerOwners() = default;
  /// Looks for the owners of all TCP sockets of `shown` (tables socket and process) that have a cookie and no owner.
  explicit FormerOwners(const Snapshot& shown);

  /// Whether there is nothing left to look for.
  [[nodiscard]] bool complete() const {
    return missing_ == 0;
  }
  /// `earlier` has tables socket and process, and is of the same host and boot; what it tells of sockets that are
  /// known already is left, so that the last owner counts when snapshots are given from late to early.
  void look_into(const Snapshot& earlier);

  /// Who held it: "812/sshd", terminal-safe; "" when no snapshot told.
  [[nodiscard]] std::string find(const Socket& socket) const;
  /// Who is to accept it: "812/sshd", terminal-safe; "" for a socket that does not wait for this, and where several
  /// processes listen, or none that could be told.
  [[nodiscard]] std::string find_accepting(const Socket& socket) const;

private:
  using Identity = std::pair<std::string, std::uint64_t>; ///< Namespace and cookie.
  using Port = std::pair<std::string, std::uint16_t>;     ///< Namespace and local port.

  struct Listener {
    IpAddress address;
    std::string owner;
  };

  std::map<Identity, std::string> owners_; ///< Empty text: not known yet.
  std::map<Port, std::vector<Listener>> listeners_;
  std::size_t missing_ = 0;
};

} // namespace hindstat
