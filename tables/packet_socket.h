// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// SOCK_* of a packet socket (packet_diag pdiag_type; /proc/net/packet field Type).
enum class PacketType : std::uint8_t { dgram = 2, raw = 3, packet = 10 };

template <>
struct NamesOf<PacketType> {
  static constexpr std::array values = {ValueName{2, "DGRAM"}, ValueName{3, "RAW"}, ValueName{10, "PACKET"}};
};

/// One socket that sees frames of a link, such as a packet capture's or a DHCP client's. Sources: packet_diag, else
/// /proc/net/packet.
struct PacketSocket {
  std::string netns;
  PacketType type = PacketType::raw;
  std::uint16_t protocol = 0;
  std::optional<std::string> interface;
  std::optional<std::uint64_t> cookie;
  std::uint32_t inode = 0;
  bool running = false;
  std::uint32_t recv_memory = 0;
  std::optional<std::uint32_t> send_memory;
  std::uint32_t uid = 0;
  std::optional<std::uint32_t> ring_bytes;
  std::optional<std::uint32_t> fanout;
  std::optional<std::uint32_t> drops;
  std::optional<std::uint32_t> references;
  std::optional<std::uint32_t> pid;
  std::optional<std::uint32_t> fd;
};

inline constexpr auto packet_sockets = define_table<PacketSocket>(
  "packet_socket", "Packet sockets, which see the frames of a link: captures, DHCP clients, LLDP.",
  field<&PacketSocket::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&PacketSocket::type>("type", Role::key, "Socket type: with (RAW) or without the link's header."),
  field<&PacketSocket::protocol>("protocol", Role::key, "Ethernet protocol that it takes; 3 (ETH_P_ALL) is every one.",
                                 Unit::hex),
  field<&PacketSocket::interface>("interface", Role::key,
                                  "Interface it is bound to; null for all; ifN where the name of index N is unknown."),
  field<&PacketSocket::cookie>("cookie", Role::incarnation, "Kernel socket cookie; only from netlink.", Unit::hex),
  field<&PacketSocket::inode>("inode", Role::incarnation, "Inode in sockfs."),
  field<&PacketSocket::running>("running", Role::attribute, "Whether frames are being taken: bound, and the link up."),
  field<&PacketSocket::recv_memory>("recv_memory", Role::gauge, "Memory of the frames not read yet.", Unit::bytes),
  field<&PacketSocket::send_memory>("send_memory", Role::gauge, "Memory of the frames not sent yet; only from netlink.",
                                    Unit::bytes),
  field<&PacketSocket::uid>("uid", Role::attribute, "Owner's uid."),
  field<&PacketSocket::ring_bytes>("ring_bytes", Role::attribute,
                                   "Size of the ring that frames are received in; only from netlink.", Unit::bytes),
  field<&PacketSocket::fanout>("fanout", Role::attribute,
                               "Group that shares the frames, and its mode in the upper half; only from netlink.",
                               Unit::hex),
  field<&PacketSocket::drops>("drops", Role::counter, "Frames dropped at this socket; only from netlink.",
                              Unit::packets),
  field<&PacketSocket::references>("references", Role::note, "Kernel reference count; only from /proc."),
  field<&PacketSocket::pid>("pid", Role::attribute, "First process that holds it: the lowest pid."),
  field<&PacketSocket::fd>("fd", Role::note, "That process's lowest descriptor for it."));

} // namespace hindstat
