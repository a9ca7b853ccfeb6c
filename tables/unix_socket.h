// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// SOCK_* of a unix socket (/proc/net/unix field Type; unix_diag udiag_type).
enum class UnixType : std::uint8_t { stream = 1, dgram = 2, raw = 3, seqpacket = 5 };

template <>
struct NamesOf<UnixType> {
  static constexpr std::array values = {ValueName{1, "STREAM"}, ValueName{2, "DGRAM"}, ValueName{3, "RAW"},
                                        ValueName{5, "SEQPACKET"}};
};

/// netstat's states: /proc/net/unix fields St and Flags (SO_ACCEPTCON), or unix_diag's sk_state, say the same.
enum class UnixState : std::uint8_t {
  unconnected = 1,
  connecting = 2,
  connected = 3,
  disconnecting = 4,
  listening = 5
};

template <>
struct NamesOf<UnixState> {
  static constexpr std::array values = {ValueName{1, "UNCONNECTED"}, ValueName{2, "CONNECTING"},
                                        ValueName{3, "CONNECTED"}, ValueName{4, "DISCONNECTING"},
                                        ValueName{5, "LISTENING"}};
};

/// One socket of the unix family. Sources: unix_diag joined with /proc/net/unix (which alone has the reference count
/// and the embryos that wait in a listener's queue), or /proc/net/unix alone.
struct UnixSocket {
  std::string netns;
  UnixType type = UnixType::stream;
  std::optional<std::string> name;
  std::optional<std::uint64_t> cookie;
  std::uint32_t inode = 0;
  UnixState state = UnixState::unconnected;
  std::optional<std::uint32_t> peer_inode;
  std::optional<std::uint32_t> recv_queue;
  std::optional<std::uint32_t> send_queue;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> references;
  std::optional<std::uint32_t> pid;
  std::optional<std::uint32_t> fd;
};

inline constexpr auto unix_sockets = define_table<UnixSocket>(
  "unix_socket", "Sockets of the unix family.",
  field<&UnixSocket::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&UnixSocket::type>("type", Role::key, "Socket type."),
  field<&UnixSocket::name>("name", Role::key, "Path, or NUL and the abstract name, as bytes; null when not bound."),
  field<&UnixSocket::cookie>("cookie", Role::incarnation, "Kernel socket cookie; only from netlink.", Unit::hex),
  field<&UnixSocket::inode>("inode", Role::incarnation, "Inode in sockfs; 0 while it waits to be accepted."),
  field<&UnixSocket::state>("state", Role::state, "State, by netstat's names."),
  field<&UnixSocket::peer_inode>("peer_inode", Role::note, "Inode of the other end; only from netlink."),
  field<&UnixSocket::recv_queue>("recv_queue", Role::gauge,
                                 "Unread bytes, for LISTENING the connections that wait; only from netlink."),
  field<&UnixSocket::send_queue>("send_queue", Role::gauge,
                                 "Bytes not read by the peer, for LISTENING the backlog; only from netlink."),
  field<&UnixSocket::uid>("uid", Role::attribute, "Owner's uid; only from netlink."),
  field<&UnixSocket::references>("references", Role::note, "Kernel reference count; only from /proc."),
  field<&UnixSocket::pid>("pid", Role::attribute, "First process that holds it: the lowest pid."),
  field<&UnixSocket::fd>("fd", Role::note, "That process's lowest descriptor for it."));

} // namespace hindstat
