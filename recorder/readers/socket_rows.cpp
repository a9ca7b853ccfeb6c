// SPDX-License-Identifier: MIT
#include "recorder/readers/socket_rows.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <tuple>

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

/// Rows of a socket table by inode: open addressing with Fibonacci hashing, at most half full.
class RowsByInode {
public:
  explicit RowsByInode(std::size_t rows)
    : bits_(static_cast<int>(std::bit_width(2 * rows + 1))), slots_(std::size_t{1} << bits_) {
  }

  /// The first row that was put under the inode: `row` itself when it is new.
  std::uint32_t put(std::uint32_t inode, std::uint32_t row) {
    Slot& slot = slots_[find_slot(inode)];
    if (slot.inode == 0) {
      slot = {inode, row};
    }
    return slot.row;
  }

  [[nodiscard]] std::optional<std::uint32_t> find(std::uint32_t inode) const {
    const Slot& slot = slots_[find_slot(inode)];
    return slot.inode != 0 ? std::optional(slot.row) : std::nullopt;
  }

private:
  struct Slot {
    std::uint32_t inode = 0; ///< 0: free. No socket has that inode.
    std::uint32_t row = 0;
  };

  [[nodiscard]] std::size_t find_slot(std::uint32_t inode) const {
    constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;
    std::size_t at = (inode * golden) >> (64 - bits_);
    while (slots_[at].inode != 0 && slots_[at].inode != inode) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }

  int bits_;
  std::vector<Slot> slots_;
};

/// The columns that a join writes.
struct OwnerColumns {
  Column& pid;
  Column& fd;

  [[nodiscard]] bool owned(std::uint32_t row) const {
    return !pid.is_null(row);
  }
  void set(std::uint32_t row, std::uint32_t new_pid, std::uint32_t new_fd) const {
    pid.set_null(row, false);
    fd.set_null(row, false);
    pid.set_raw(row, new_pid);
    fd.set_raw(row, new_fd);
  }
};

} // namespace

void SocketRows::add(SocketProtocol protocol, const DiagSocket& socket, const InterfaceNames& names,
                     std::uint64_t boottime_ms) {
  const auto state = static_cast<TcpState>(socket.state);
  const bool listens = protocol == SocketProtocol::tcp && state == TcpState::listen;
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
  row_.timer = static_cast<SocketTimer>(socket.timer);
  row_.timer_expires = socket.timer != 0 ? std::optional(boottime_ms + socket.expires_ms) : std::nullopt;
  row_.timer_retries = socket.retransmits;
  row_.drops = protocol == SocketProtocol::tcp ? std::nullopt : socket.drops;
  builder_.add(row_);
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
  builder_.add(row_);
}

Table join_owners(Table& socket_table, const OwnerScan& scan) {
  const OwnerColumns owners{socket_table.column(sockets.index_of<&Socket::pid>()),
                            socket_table.column(sockets.index_of<&Socket::fd>())};
  const Column& inodes = sockets.column<&Socket::inode>(socket_table);
  RowsByInode rows(socket_table.size());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> repeated; // (row, first row with the same inode)
  for (std::uint32_t row = 0; row < socket_table.size(); ++row) {
    const auto inode = static_cast<std::uint32_t>(inodes.raw(row));
    const std::uint32_t first = inode != 0 ? rows.put(inode, row) : row;
    if (first != row) {
      repeated.emplace_back(row, first);
    }
  }
  TableBuilder further(socket_owners);
  for (const SocketFd& held : scan.sockets) {
    const auto row = held.inode != 0 ? rows.find(held.inode) : std::nullopt;
    if (!row) {
      continue;
    }
    std::pair other(held.pid, held.fd);
    if (!owners.owned(*row)) {
      owners.set(*row, held.pid, held.fd);
      continue;
    }
    const std::pair first(static_cast<std::uint32_t>(owners.pid.raw(*row)),
                          static_cast<std::uint32_t>(owners.fd.raw(*row)));
    if (other < first) {
      owners.set(*row, other.first, other.second);
      other = first;
    }
    further.add({"", held.inode, other.first, other.second});
  }
  for (const auto& [row, first] : repeated) {
    if (owners.owned(first)) {
      owners.set(row, static_cast<std::uint32_t>(owners.pid.raw(first)),
                 static_cast<std::uint32_t>(owners.fd.raw(first)));
    }
  }
  return std::move(further).build();
}

} // namespace hindstat
