// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tables/unix_socket.h"

namespace hindstat {

/// What people know a unix socket by.
enum class UnixClass : std::uint8_t {
  listener,
  bound,   ///< It has a name of its own and does not listen: a datagram socket, or one that is not connected.
  counted, ///< Connected (accepted sockets have the name of their listener), or without a name.
};
[[nodiscard]] UnixClass classify(const UnixSocket& socket);

/// A row with its place and its program ("" when unknown or not comparable).
struct NumberedUnix {
  std::uint32_t row = 0;
  UnixSocket socket;
  std::string program;
};

/// Sockets of one name and class, matched.
struct UnixMatch {
  std::vector<std::pair<NumberedUnix, NumberedUnix>> stayed;
  std::vector<std::pair<NumberedUnix, NumberedUnix>> restarted; ///< Other sockets of the same program.
  std::vector<NumberedUnix> removed;
  std::vector<NumberedUnix> added;
};

/// Pairs by cookie, else by inode (within one boot), then by program. The order of the arguments' rows does not matter.
[[nodiscard]] UnixMatch match_unix(std::vector<NumberedUnix> before, std::vector<NumberedUnix> after, bool same_boot);

/// Whether cookies, else inodes, known on both sides are equal.
[[nodiscard]] bool is_same_socket(const UnixSocket& before, const UnixSocket& after);

} // namespace hindstat
