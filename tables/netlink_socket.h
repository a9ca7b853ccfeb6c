// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// NETLINK_* (include/uapi/linux/netlink.h): whom in the kernel a netlink socket talks to.
enum class NetlinkProtocol : std::uint8_t {
  route = 0,
  usersock = 2,
  sock_diag = 4,
  nflog = 5,
  xfrm = 6,
  selinux = 7,
  iscsi = 8,
  audit = 9,
  fib_lookup = 10,
  connector = 11,
  netfilter = 12,
  kobject_uevent = 15,
  generic = 16,
  scsi_transport = 18,
  ecryptfs = 19,
  rdma = 20,
  crypto = 21,
  smc = 22,
};

template <>
struct NamesOf<NetlinkProtocol> {
  static constexpr std::array values = {ValueName{0, "route"},       ValueName{2, "usersock"},
                                        ValueName{4, "sock_diag"},   ValueName{5, "nflog"},
                                        ValueName{6, "xfrm"},        ValueName{7, "selinux"},
                                        ValueName{8, "iscsi"},       ValueName{9, "audit"},
                                        ValueName{10, "fib_lookup"}, ValueName{11, "connector"},
                                        ValueName{12, "netfilter"},  ValueName{15, "kobject_uevent"},
                                        ValueName{16, "generic"},    ValueName{18, "scsi_transport"},
                                        ValueName{19, "ecryptfs"},   ValueName{20, "rdma"},
                                        ValueName{21, "crypto"},     ValueName{22, "smc"}};
};

/// One netlink socket, a process's or the kernel's own (port 0). Sources: netlink_diag, else /proc/net/netlink. The
/// socket that the dump itself uses is left out.
struct NetlinkSocket {
  std::string netns;
  NetlinkProtocol protocol = NetlinkProtocol::route;
  std::uint32_t port = 0;
  std::optional<std::uint64_t> cookie;
  std::uint32_t inode = 0;
  std::optional<std::uint32_t> peer_port;
  std::uint32_t groups = 0;
  std::optional<std::string> further_groups;
  std::uint32_t recv_memory = 0;
  std::uint32_t send_memory = 0;
  std::optional<std::uint32_t> drops;
  std::optional<std::uint32_t> references;
  std::optional<std::uint32_t> pid;
  std::optional<std::uint32_t> fd;
};

inline constexpr auto netlink_sockets = define_table<NetlinkSocket>(
  "netlink_socket", "Netlink sockets: who listens to what the kernel says about routes, devices, flows and so on.",
  field<&NetlinkSocket::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&NetlinkSocket::protocol>("protocol", Role::key, "Netlink protocol."),
  field<&NetlinkSocket::port>("port", Role::key, "Its address, often the pid; 0 for the kernel's own and not bound."),
  field<&NetlinkSocket::cookie>("cookie", Role::incarnation, "Kernel socket cookie; only from netlink.", Unit::hex),
  field<&NetlinkSocket::inode>("inode", Role::incarnation, "Inode in sockfs; the kernel's own have one too."),
  field<&NetlinkSocket::peer_port>("peer_port", Role::attribute,
                                   "Port it is connected to; null when it is not; only from netlink."),
  field<&NetlinkSocket::groups>("groups", Role::attribute, "Multicast groups 1 to 32 that it listens to, as bits.",
                                Unit::hex),
  field<&NetlinkSocket::further_groups>("further_groups", Role::attribute,
                                        "Numbers of its groups beyond 32; only from netlink."),
  field<&NetlinkSocket::recv_memory>("recv_memory", Role::gauge, "Memory of the messages not read yet.", Unit::bytes),
  field<&NetlinkSocket::send_memory>("send_memory", Role::gauge, "Memory of the messages not sent yet.", Unit::bytes),
  field<&NetlinkSocket::drops>("drops", Role::counter, "Messages dropped at this socket.", Unit::packets),
  field<&NetlinkSocket::references>("references", Role::note, "Kernel reference count; only from /proc."),
  field<&NetlinkSocket::pid>("pid", Role::attribute, "First process that holds it: the lowest pid."),
  field<&NetlinkSocket::fd>("fd", Role::note, "That process's lowest descriptor for it."));

} // namespace hindstat
