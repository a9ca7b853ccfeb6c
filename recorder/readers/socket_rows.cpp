// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_rows.h"

#include <algorithm>
#include <limits>

namespace hindstat {

namespace {

constexpr std::uint64_t ms_per_tick = 10; // USER_HZ is 100 on every architecture that Linux still runs on but alpha.

constexpr std::uint8_t timer_retransmit = 1;
constexpr std::uint8_t timer_keepalive = 2;
constexpr std::uint8_t timer_probe = 4;

/// What the timer's retries are in a line of /proc/net/tcp: the field differs by timer.
std::uint8_t retries_of(const ProcSocket& socket) {
  std::uint32_t retries = 0;
  if (socket.timer == timer_retransmit) {
    retries = socket.retransmits;
  } else if (socket.timer == timer_keepalive || socket.timer == timer_probe) {
    retries = socket.probes;
  }
  return static_cast<std::uint8_t>(std::min<std::uint32_t>(retries, std::numeric_limits<std::uint8_t>::max()));
}

bool has_accept_queue(SocketProtocol protocol) {
  return protocol == SocketProtocol::tcp || protocol == SocketProtocol::mptcp || protocol == SocketProtocol::sctp
         || protocol == SocketProtocol::dccp;
}

/// Of an SCTP association the kernel gives the number of the pending event (SCTP_EVENT_TIMEOUT_T3_RTX).
SocketTimer timer_of(const DiagSocket& socket) {
  if (socket.is_association) {
    return socket.timer != 0 ? SocketTimer::on : SocketTimer::off;
  }
  return static_cast<SocketTimer>(socket.timer);
}

/// "*10.77.1.2 10.77.2.2": the socket's own first, the others in order; nothing where there is no other.
std::optional<std::string> format_addresses(const IpAddress& own, std::vector<IpAddress> all) {
  std::erase(all, own);
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all.empty()) {
    return std::nullopt;
  }
  std::string text = "*" + format_ip_address(own);
  for (const IpAddress& address : all) {
    text += " " + format_ip_address(address);
  }
  return text;
}

} // namespace

TcpState state_of_association(std::uint8_t number) {
  constexpr std::uint8_t closed = 0;
  constexpr std::uint8_t established = 3;
  constexpr std::uint8_t highest = 7;
  constexpr std::uint8_t first = 32;
  if (number == closed || number > highest) {
    return TcpState::close;
  }
  return number == established ? TcpState::established : static_cast<TcpState>(first + number);
}

void SocketRows::truncate(std::size_t rows) {
  TableBuilder::truncate(rows);
  if (infos_ != nullptr) {
    infos_->truncate_to_sockets(rows);
  }
}

void SocketRows::reserve(std::size_t rows) {
  TableBuilder::reserve(rows);
  if (infos_ != nullptr) {
    infos_->reserve(rows);
  }
}

void SocketRows::add(SocketProtocol protocol, const DiagSocket& socket, const InterfaceNames& names,
                     std::uint64_t boottime_ms) {
  const auto state = socket.is_association ? state_of_association(socket.state) : static_cast<TcpState>(socket.state);
  const bool listens = has_accept_queue(protocol) && state == TcpState::listen;
  row_.protocol = protocol;
  row_.local_address = socket.local_address;
  row_.local_port = socket.local_port;
  row_.remote_address = socket.remote_address;
  row_.remote_port = socket.remote_port;
  row_.cookie = socket.cookie;
  row_.inode = socket.inode;
  row_.state = protocol == SocketProtocol::tcp && state == TcpState::close ? TcpState::bound_inactive : state;
  row_.recv_queue = socket.recv_queue;
  row_.send_queue = listens ? 0 : socket.send_queue;
  row_.backlog = listens ? std::optional(socket.send_queue) : std::nullopt;
  row_.uid = socket.uid;
  row_.bound_interface = socket.ifindex != 0 ? names.find(socket.ifindex) : std::nullopt;
  row_.timer = timer_of(socket);
  row_.timer_expires = socket.timer != 0 ? std::optional(boottime_ms + socket.expires_ms) : std::nullopt;
  row_.timer_retries = socket.retransmits;
  row_.drops = protocol == SocketProtocol::tcp ? std::nullopt : socket.drops;
  if (protocol == SocketProtocol::sctp) {
    row_.local_addresses = format_addresses(socket.local_address, parse_diag_addresses(socket.locals));
    row_.remote_addresses = socket.is_association
                              ? format_addresses(socket.remote_address, parse_diag_addresses(socket.peers))
                              : std::nullopt;
  } else if (row_.local_addresses || row_.remote_addresses) { // Of the row before.
    row_.local_addresses.reset();
    row_.remote_addresses.reset();
  }
  if (infos_ != nullptr && protocol == SocketProtocol::tcp) {
    infos_->add(socket, size(), boottime_ms);
  }
  TableBuilder::add(row_);
}

void SocketRows::add(SocketProtocol protocol, const ProcSocket& socket, std::uint64_t boottime_ms) {
  row_.protocol = protocol;
  row_.local_address = socket.local_address;
  row_.local_port = socket.local_port;
  row_.remote_address = socket.remote_address;
  row_.remote_port = socket.remote_port;
  row_.cookie = std::nullopt;
  row_.inode = socket.inode;
  row_.state = static_cast<TcpState>(socket.state);
  row_.recv_queue = socket.recv_queue;
  row_.send_queue = socket.send_queue;
  row_.backlog = std::nullopt;
  row_.uid = socket.uid;
  row_.bound_interface = std::nullopt;
  row_.timer = static_cast<SocketTimer>(socket.timer);
  row_.timer_expires = socket.timer != 0 ? std::optional(boottime_ms + socket.timer_ticks * ms_per_tick) : std::nullopt;
  row_.timer_retries = retries_of(socket);
  row_.drops = socket.drops;
  row_.local_addresses.reset();
  row_.remote_addresses.reset();
  TableBuilder::add(row_);
}

void SocketRows::add(const SctpRecord& record) {
  row_ = Socket();
  row_.protocol = SocketProtocol::sctp;
  row_.local_address = record.local_address;
  row_.local_port = record.local_port;
  row_.remote_address = record.remote_address;
  row_.remote_port = record.remote_port;
  row_.inode = record.inode;
  row_.state = record.is_association ? state_of_association(record.state) : static_cast<TcpState>(record.state);
  row_.recv_queue = record.recv_queue;
  row_.send_queue = record.send_queue;
  row_.uid = record.uid;
  row_.local_addresses = format_addresses(record.local_address, record.locals);
  if (record.is_association) {
    row_.remote_addresses = format_addresses(record.remote_address, record.remotes);
  }
  TableBuilder::add(row_);
}

} // namespace hindstat
