// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One more descriptor of a socket, beyond the first owner that table socket shows. Source: /proc/PID/fd.
struct SocketOwner {
  std::string netns;
  std::uint32_t inode = 0;
  std::uint32_t pid = 0;
  std::uint32_t fd = 0;
};

inline constexpr auto socket_owners = define_table<SocketOwner>(
  "socket_owner", "Further descriptors of sockets, beyond the first owner in table socket.",
  field<&SocketOwner::netns>("netns", Role::key, "Network namespace of the socket; empty is the recorder's own."),
  field<&SocketOwner::inode>("inode", Role::key, "Inode of the socket in sockfs."),
  field<&SocketOwner::pid>("pid", Role::key, "Process that holds it."),
  field<&SocketOwner::fd>("fd", Role::key, "Descriptor number in that process."));

} // namespace hindstat
