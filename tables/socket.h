// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Internet transport of a socket. The family is that of its addresses, as the kernel keeps tcp and tcp6 apart.
enum class SocketProtocol : std::uint8_t {
  tcp = 1,
  udp = 2,
  udplite = 3,
  raw = 4,
  icmp = 5,
  mptcp = 6,
  sctp = 7,
  dccp = 8
};

template <>
struct NamesOf<SocketProtocol> {
  static constexpr std::array values = {ValueName{1, "tcp"},  ValueName{2, "udp"},  ValueName{3, "udplite"},
                                        ValueName{4, "raw"},  ValueName{5, "icmp"}, ValueName{6, "mptcp"},
                                        ValueName{7, "sctp"}, ValueName{8, "dccp"}};
};

/// RFC 9293 states with the kernel's numbers (include/net/tcp_states.h). Sockets of the other protocols use
/// established (connected) and close (not connected). From 33 on: states of an SCTP association that TCP does not have
/// (32 and the kernel's number, include/net/sctp/constants.h).
enum class TcpState : std::uint8_t {
  established = 1,
  syn_sent = 2,
  syn_recv = 3,
  fin_wait1 = 4,
  fin_wait2 = 5,
  time_wait = 6,
  close = 7,
  close_wait = 8,
  last_ack = 9,
  listen = 10,
  closing = 11,
  new_syn_recv = 12,
  bound_inactive = 13,
  cookie_wait = 33,
  cookie_echoed = 34,
  shutdown_pending = 36,
  shutdown_sent = 37,
  shutdown_received = 38,
  shutdown_ack_sent = 39,
};

template <>
struct NamesOf<TcpState> {
  static constexpr std::array values = {ValueName{1, "ESTABLISHED"},
                                        ValueName{2, "SYN_SENT"},
                                        ValueName{3, "SYN_RECV"},
                                        ValueName{4, "FIN_WAIT1"},
                                        ValueName{5, "FIN_WAIT2"},
                                        ValueName{6, "TIME_WAIT"},
                                        ValueName{7, "CLOSE"},
                                        ValueName{8, "CLOSE_WAIT"},
                                        ValueName{9, "LAST_ACK"},
                                        ValueName{10, "LISTEN"},
                                        ValueName{11, "CLOSING"},
                                        ValueName{12, "NEW_SYN_RECV"},
                                        ValueName{13, "BOUND_INACTIVE"},
                                        ValueName{33, "COOKIE_WAIT"},
                                        ValueName{34, "COOKIE_ECHOED"},
                                        ValueName{36, "SHUTDOWN_PENDING"},
                                        ValueName{37, "SHUTDOWN_SENT"},
                                        ValueName{38, "SHUTDOWN_RECEIVED"},
                                        ValueName{39, "SHUTDOWN_ACK_SENT"}};
};

/// The timer that is pending (tcp_diag, inet_diag.h idiag_timer; /proc/net/tcp field tr), by netstat's names.
enum class SocketTimer : std::uint8_t { off = 0, on = 1, keepalive = 2, timewait = 3, probe = 4 };

template <>
struct NamesOf<SocketTimer> {
  static constexpr std::array values = {ValueName{0, "off"}, ValueName{1, "on"}, ValueName{2, "keepalive"},
                                        ValueName{3, "timewait"}, ValueName{4, "probe"}};
};

/// One internet socket, or one association of an SCTP socket, by its primary addresses. Sources: sock_diag
/// (net/ipv4/inet_diag.c), else /proc/net/{tcp,udp,udplite,raw}{,6} and /proc/net/sctp/{eps,assocs}; ping sockets only
/// /proc/net/icmp{,6}; MPTCP and DCCP only sock_diag.
struct Socket {
  std::string netns;
  SocketProtocol protocol = SocketProtocol::tcp;
  IpAddress local_address;
  std::uint16_t local_port = 0;
  IpAddress remote_address;
  std::uint16_t remote_port = 0;
  std::optional<std::uint64_t> cookie;
  std::uint32_t inode = 0;
  TcpState state = TcpState::close;
  std::uint32_t recv_queue = 0;
  std::uint32_t send_queue = 0;
  std::optional<std::uint32_t> backlog;
  std::uint32_t uid = 0;
  std::optional<std::string> bound_interface;
  SocketTimer timer = SocketTimer::off;
  std::optional<std::uint64_t> timer_expires;
  std::uint8_t timer_retries = 0;
  std::optional<std::uint32_t> drops;
  std::optional<std::uint32_t> pid;
  std::optional<std::uint32_t> fd;
  std::optional<std::string> local_addresses;
  std::optional<std::string> remote_addresses;
};

inline constexpr auto sockets = define_table<Socket>(
  "socket", "Internet sockets: TCP, UDP, UDP-Lite, raw, ping (icmp), MPTCP, SCTP and DCCP, IPv4 and IPv6.",
  field<&Socket::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Socket::protocol>("protocol", Role::key, "Transport protocol."),
  field<&Socket::local_address>("local_address", Role::key, "Local address."),
  field<&Socket::local_port>("local_port", Role::key,
                             "Local port; for raw sockets the IP protocol number, for ping sockets the identifier."),
  field<&Socket::remote_address>("remote_address", Role::key, "Remote address; unspecified when not connected."),
  field<&Socket::remote_port>("remote_port", Role::key, "Remote port; 0 when not connected."),
  field<&Socket::cookie>("cookie", Role::incarnation,
                         "Kernel socket cookie, one for the whole life of a socket; only from netlink.", Unit::hex),
  field<&Socket::inode>("inode", Role::incarnation, "Inode in sockfs; 0 while not accepted, orphaned or in TIME_WAIT."),
  field<&Socket::state>("state", Role::state,
                        "State of RFC 9293, or of an SCTP association; ESTABLISHED or CLOSE for other protocols."),
  field<&Socket::recv_queue>("recv_queue", Role::gauge,
                             "Unread bytes (memory but for TCP); for LISTEN the accept queue's length."),
  field<&Socket::send_queue>("send_queue", Role::gauge, "Bytes not acknowledged yet (memory but for TCP).",
                             Unit::bytes),
  field<&Socket::backlog>("backlog", Role::attribute, "Limit of the accept queue; only LISTEN, only from netlink."),
  field<&Socket::uid>("uid", Role::attribute, "Owner's uid; 0 also when no process holds the socket."),
  field<&Socket::bound_interface>("bound_interface", Role::attribute,
                                  "Interface it is bound to (SO_BINDTODEVICE or scope); only from netlink."),
  field<&Socket::timer>("timer", Role::note, "Timer that is pending."),
  field<&Socket::timer_expires>("timer_expires", Role::timer, "When the pending timer expires.", Unit::boottime_ms),
  field<&Socket::timer_retries>("timer_retries", Role::note,
                                "Expirations of the pending timer so far: retransmits or unanswered probes."),
  field<&Socket::drops>("drops", Role::counter, "Datagrams dropped at this socket; not for TCP.", Unit::packets),
  field<&Socket::pid>("pid", Role::attribute, "First process that holds it: the lowest pid."),
  field<&Socket::fd>("fd", Role::note, "That process's lowest descriptor for it."),
  field<&Socket::local_addresses>("local_addresses", Role::attribute,
                                  "Of SCTP with several local addresses: all, *local_address first; else null."),
  field<&Socket::remote_addresses>("remote_addresses", Role::attribute,
                                   "Of SCTP with several addresses of the peer: all, *remote_address first."));

} // namespace hindstat
