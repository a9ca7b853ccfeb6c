// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "tables/snapshot.h"
#include "tables/socket.h"

namespace hindstat {

/// Who held sockets that have no owner any more: orphans and those in TIME_WAIT. The kernel forgets the process, but
/// the cookie stays the same for the life of a TCP socket (also as a TIME_WAIT minisock), so an earlier snapshot of the
/// same boot may tell.
class FormerOwners {
public:
  /// None is looked for.
  FormerOwners() = default;
  /// Looks for the owners of all TCP sockets of `shown` that have a cookie and no owner.
  explicit FormerOwners(const Snapshot& shown);

  /// Whether there is nothing left to look for.
  [[nodiscard]] bool complete() const {
    return missing_ == 0;
  }
  /// `earlier` has tables socket and process, and is of the same host and boot; what it tells of sockets that are
  /// known already is left, so that the last owner counts when snapshots are given from late to early.
  void look_into(const Snapshot& earlier);

  /// "812/sshd", terminal-safe; "" when no snapshot told.
  [[nodiscard]] std::string find(const Socket& socket) const;

private:
  using Identity = std::pair<std::string, std::uint64_t>; ///< Namespace and cookie.

  std::map<Identity, std::string> owners_; ///< Empty text: not known yet.
  std::size_t missing_ = 0;
};

} // namespace hindstat
