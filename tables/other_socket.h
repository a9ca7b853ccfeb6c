// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Families of sockets that have no table of their own.
enum class OtherFamily : std::uint8_t {
  vsock = 1,
  xdp = 2,
  tipc = 3,
  smc = 4,
  ax25 = 5,
  netrom = 6,
  rose = 7,
  x25 = 8,
  ipx = 9,
  ddp = 10,
  l2cap = 11,
  rfcomm = 12,
};

template <>
struct NamesOf<OtherFamily> {
  static constexpr std::array values = {ValueName{1, "vsock"}, ValueName{2, "xdp"},    ValueName{3, "tipc"},
                                        ValueName{4, "smc"},   ValueName{5, "ax25"},   ValueName{6, "netrom"},
                                        ValueName{7, "rose"},  ValueName{8, "x25"},    ValueName{9, "ipx"},
                                        ValueName{10, "ddp"},  ValueName{11, "l2cap"}, ValueName{12, "rfcomm"}};
};

/// SOCK_* of include/linux/net.h.
enum class OtherType : std::uint8_t { stream = 1, dgram = 2, raw = 3, rdm = 4, seqpacket = 5 };

template <>
struct NamesOf<OtherType> {
  static constexpr std::array values = {ValueName{1, "STREAM"}, ValueName{2, "DGRAM"}, ValueName{3, "RAW"},
                                        ValueName{4, "RDM"}, ValueName{5, "SEQPACKET"}};
};

/// One list for all families. From 32 on: states of SMC that the others lack (32 and the kernel's number,
/// net/smc/smc.h); from 128 on: a state without a name (128 and the kernel's number).
enum class OtherState : std::uint8_t {
  established = 1,
  listen = 2,
  connecting = 3,
  incoming = 4,
  configuring = 5,
  disconnecting = 6,
  recovery = 7,
  bound = 8,
  open = 9,
  closed = 10,
  unconnected = 11,
  smc_init = 34,
  smc_peer_close_wait1 = 52,
  smc_peer_close_wait2 = 53,
  smc_app_close_wait1 = 54,
  smc_app_close_wait2 = 55,
  smc_app_fin_close_wait = 56,
  smc_peer_fin_close_wait = 57,
  smc_peer_abort_wait = 58,
  smc_process_abort = 59,
};

template <>
struct NamesOf<OtherState> {
  static constexpr std::array values = {ValueName{1, "ESTABLISHED"},
                                        ValueName{2, "LISTEN"},
                                        ValueName{3, "CONNECTING"},
                                        ValueName{4, "INCOMING"},
                                        ValueName{5, "CONFIGURING"},
                                        ValueName{6, "DISCONNECTING"},
                                        ValueName{7, "RECOVERY"},
                                        ValueName{8, "BOUND"},
                                        ValueName{9, "OPEN"},
                                        ValueName{10, "CLOSED"},
                                        ValueName{11, "UNCONNECTED"},
                                        ValueName{34, "INIT"},
                                        ValueName{52, "PEERCLOSEWAIT1"},
                                        ValueName{53, "PEERCLOSEWAIT2"},
                                        ValueName{54, "APPCLOSEWAIT1"},
                                        ValueName{55, "APPCLOSEWAIT2"},
                                        ValueName{56, "APPFINCLOSEWAIT"},
                                        ValueName{57, "PEERFINCLOSEWAIT"},
                                        ValueName{58, "PEERABORTWAIT"},
                                        ValueName{59, "PROCESSABORT"}};
};

/// A state that has no name in OtherState.
[[nodiscard]] constexpr OtherState unnamed_state(std::uint32_t number) {
  return static_cast<OtherState>(128U | (number & 127U));
}

/// One socket of a family that has no table of its own. Sources: sock_diag for vsock, xdp, tipc and smc; /proc/net for
/// AX.25, NET/ROM, ROSE, X.25, IPX and AppleTalk; /sys/kernel/debug/bluetooth, else /proc/net, for Bluetooth.
struct OtherSocket {
  std::string netns;
  OtherFamily family = OtherFamily::vsock;
  std::optional<std::string> local_address;
  std::optional<std::uint32_t> local_port;
  std::optional<std::string> remote_address;
  std::optional<std::uint32_t> remote_port;
  std::optional<std::uint32_t> channel;
  std::optional<std::string> local_call;
  std::optional<std::string> remote_call;
  std::optional<std::string> interface;
  std::optional<std::uint64_t> cookie;
  std::uint32_t inode = 0;
  std::optional<OtherType> type;
  std::optional<OtherState> state;
  std::optional<std::uint32_t> recv_queue;
  std::optional<std::uint32_t> send_queue;
  std::optional<std::uint32_t> uid;
  std::optional<std::string> via;
  std::optional<std::uint32_t> neighbour;
  std::optional<std::uint8_t> next_received;
  std::optional<std::uint8_t> next_sent;
  std::optional<std::uint32_t> recv_mtu;
  std::optional<std::uint32_t> send_mtu;
  std::optional<std::uint32_t> security;
  std::optional<std::string> mode;
  std::optional<std::string> details;
  std::optional<std::uint64_t> drops;
  std::optional<std::uint32_t> pid;
  std::optional<std::uint32_t> fd;
};

inline constexpr auto other_sockets = define_table<OtherSocket>(
  "other_socket",
  "Sockets of the other families: vsock, XDP, TIPC, SMC, AX.25, NET/ROM, ROSE, X.25, IPX, AppleTalk, Bluetooth.",
  field<&OtherSocket::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&OtherSocket::family>("family", Role::key, "Family, or protocol of Bluetooth."),
  field<&OtherSocket::local_address>("local_address", Role::key,
                                     "As the family writes it: CID, interface (xdp), node, callsign, NET:NODE."),
  field<&OtherSocket::local_port>("local_port", Role::key,
                                  "Port, queue (xdp), reference (tipc), channel id (l2cap); null where it has none."),
  field<&OtherSocket::remote_address>("remote_address", Role::key, "The same of the peer; null when not connected."),
  field<&OtherSocket::remote_port>("remote_port", Role::key, "The same of the peer; null when not connected."),
  field<&OtherSocket::channel>("channel", Role::key, "Logical channel (X.25, ROSE), PSM (l2cap), channel (rfcomm)."),
  field<&OtherSocket::local_call>("local_call", Role::key, "Callsign of this end of ROSE; of the user of NET/ROM."),
  field<&OtherSocket::remote_call>("remote_call", Role::key, "Callsign of the other end of ROSE."),
  field<&OtherSocket::interface>("interface", Role::key, "Interface that it uses; null where none is known."),
  field<&OtherSocket::cookie>("cookie", Role::incarnation, "Kernel socket cookie; only from netlink.", Unit::hex),
  field<&OtherSocket::inode>("inode", Role::incarnation, "Inode in sockfs; 0 where the kernel does not tell it."),
  field<&OtherSocket::type>("type", Role::attribute, "Socket type, where it is told."),
  field<&OtherSocket::state>("state", Role::state, "State of the connection; null where the source has none."),
  field<&OtherSocket::recv_queue>("recv_queue", Role::gauge, "Memory of what is not read yet; messages for tipc."),
  field<&OtherSocket::send_queue>("send_queue", Role::gauge, "Memory of what is not sent yet; messages for tipc."),
  field<&OtherSocket::uid>("uid", Role::attribute, "Owner's uid, where it is told."),
  field<&OtherSocket::via>("via", Role::attribute, "Digipeaters of AX.25, with a star behind those passed."),
  field<&OtherSocket::neighbour>("neighbour", Role::attribute, "Number of the neighbour that ROSE goes through."),
  field<&OtherSocket::next_received>("next_received", Role::note, "Frame expected next: V(R)."),
  field<&OtherSocket::next_sent>("next_sent", Role::note, "Frame to be sent next: V(S)."),
  field<&OtherSocket::recv_mtu>("recv_mtu", Role::attribute, "Largest packet to receive; l2cap.", Unit::bytes),
  field<&OtherSocket::send_mtu>("send_mtu", Role::attribute, "Largest packet to send; l2cap.", Unit::bytes),
  field<&OtherSocket::security>("security", Role::attribute,
                                "Security level of l2cap: 0 SDP, 1 low, 2 medium, 3 high, 4 FIPS."),
  field<&OtherSocket::mode>("mode", Role::attribute, "SMC-R, SMC-D or TCP (smc); basic, ERTM and so on (l2cap)."),
  field<&OtherSocket::details>("details", Role::attribute, "What only this family has: rings and umem, a TIPC name."),
  field<&OtherSocket::drops>("drops", Role::counter, "Messages or packets dropped at this socket.", Unit::packets),
  field<&OtherSocket::pid>("pid", Role::attribute, "First process that holds it: the lowest pid."),
  field<&OtherSocket::fd>("fd", Role::note, "That process's lowest descriptor for it."));

} // namespace hindstat
