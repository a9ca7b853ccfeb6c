// SPDX-License-Identifier: MIT
#include "bench/codec_traffic.h"

#include <algorithm>
#include <numeric>

#include "tables/network_namespace.h"
#include "tables/socket_owner.h"

namespace hindstat {

namespace {

constexpr double time_wait_share = 0.05;
constexpr std::uint64_t time_wait_ms = 60'000;
constexpr std::uint64_t keepalive_ms = 7'200'000;
constexpr std::uint64_t minute_ms = 60'000;

IpAddress v4(std::uint64_t number) {
  return IpAddress::v4({static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
                        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

IpAddress v6(std::uint64_t host) {
  std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[15 - i] = static_cast<std::uint8_t>(host >> (8 * i));
  }
  return IpAddress::v6(bytes);
}

template <typename Definition, typename Row>
Table to_table(const Definition& definition, const std::vector<Row>& rows) {
  TableBuilder builder(definition);
  builder.reserve(rows.size());
  for (const Row& row : rows) {
    builder.add(row);
  }
  return std::move(builder).build();
}

} // namespace

SnapshotInfo made_info(std::int64_t seconds) {
  SnapshotInfo info;
  info.host = "gw1";
  info.machine_id = "0123456789abcdef0123456789abcdef";
  info.boot_id = "9f7c1e4e-2a51-4a3c-8b52-3d0f1c6d7e8f";
  info.kernel_release = "6.1.0-27-amd64";
  info.clocks.realtime_ns = 1'763'000'000'123'456'789 + seconds * 1'000'000'000 + seconds % 977 * 1'013;
  info.clocks.boottime_ns = 86'400'123'456'789 + seconds * 1'000'000'000 + seconds % 977 * 1'013;
  info.clocks.ntp_offset_us = seconds * 7919 % 400 - 200;
  info.clocks.ntp_maxerror_us = 20'000 + seconds * 104'729 % 9'000;
  info.clocks.ntp_status = 0x2001;
  info.took_ns = 31'000'000 + seconds * 15'485'863 % 9'000'000;
  info.recorder = "hindstat 0.1.0";
  info.capabilities = 0x1ff'ffff'ffff;
  info.net_namespace = 4026531840;
  return info;
}

BusyServer::BusyServer(std::size_t count, std::uint64_t seed)
  : random_(seed), services_{{"nginx", 443, 33, 802, 8},
                             {"nginx", 80, 33, 802, 8},
                             {"postgres", 5432, 114, 1201, 1},
                             {"redis-server", 6379, 115, 1300, 1}},
    table_(sockets.spec()) {
  for (std::size_t i = 0; i < count / 3; ++i) {
    clients_.push_back(below(10) == 0 ? v6(random_()) : v4(below(0xE000'0000)));
  }
  std::vector<Socket> rows;
  rows.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(opened());
  }
  std::ranges::shuffle(rows, random_);
  table_ = to_table(sockets, rows);
  live_.resize(count);
  std::iota(live_.begin(), live_.end(), 0U);
  const auto waiting = static_cast<std::size_t>(static_cast<double>(count) * time_wait_share);
  for (std::size_t i = 0; i < waiting; ++i) {
    close(below(live_.size()));
  }
}

std::uint64_t BusyServer::below(std::uint64_t limit) {
  return random_() % limit;
}

std::uint32_t BusyServer::take_fd(std::uint32_t pid) {
  auto& free = free_fds_[pid];
  if (!free.empty()) {
    return free.extract(free.begin()).value();
  }
  return 10 + next_fd_[pid]++;
}

Socket BusyServer::opened() {
  const Service& service = services_[below(10) < 7 ? below(2) : below(services_.size())];
  Socket socket;
  socket.remote_address = clients_[below(clients_.size())];
  socket.local_address = socket.remote_address.is_v4() ? v4(0x0A00'0005) : v6(5);
  socket.local_port = service.port;
  socket.remote_port = static_cast<std::uint16_t>(32'768 + below(28'232));
  socket.cookie = cookie_ += 1 + below(3);
  socket.inode = inode_ += static_cast<std::uint32_t>(1 + below(4));
  socket.state = TcpState::established;
  socket.send_queue = static_cast<std::uint32_t>(below(50) == 0 ? below(60'000) : 0);
  socket.uid = service.uid;
  socket.pid = service.first_pid + static_cast<std::uint32_t>(below(service.workers));
  socket.fd = take_fd(*socket.pid);
  if (below(2) == 0) {
    socket.timer = SocketTimer::keepalive;
    socket.timer_expires = now_ms_ + 1 + below(keepalive_ms);
  }
  return socket;
}

void BusyServer::close(std::size_t index) {
  const std::uint32_t row = live_[index];
  live_[index] = live_.back();
  live_.pop_back();
  closing_.push_back(row);
  Column& pid = table_.column(sockets.index_of<&Socket::pid>());
  Column& fd = table_.column(sockets.index_of<&Socket::fd>());
  free_fds_[static_cast<std::uint32_t>(pid.raw(row))].insert(static_cast<std::uint32_t>(fd.raw(row)));
  pid.set_null(row, true);
  fd.set_null(row, true);
  table_.column(sockets.index_of<&Socket::state>()).set_raw(row, static_cast<std::uint64_t>(TcpState::time_wait));
  table_.column(sockets.index_of<&Socket::inode>()).set_raw(row, 0);
  table_.column(sockets.index_of<&Socket::uid>()).set_raw(row, 0);
  table_.column(sockets.index_of<&Socket::send_queue>()).set_raw(row, 0);
  table_.column(sockets.index_of<&Socket::timer>()).set_raw(row, static_cast<std::uint64_t>(SocketTimer::timewait));
  Column& expires = table_.column(sockets.index_of<&Socket::timer_expires>());
  expires.set_null(row, false);
  expires.set_raw(row, now_ms_ + time_wait_ms - below(1'000));
}

void BusyServer::step(double churn) {
  const auto count = static_cast<std::size_t>(static_cast<double>(table_.size()) * churn);
  // So many steps does a row stay in TIME_WAIT.
  now_ms_ += time_wait_ms * count / std::max<std::size_t>(closing_.size(), 1);
  std::vector<std::uint32_t> expired;
  for (std::size_t i = 0; i < count && !closing_.empty(); ++i) {
    expired.push_back(closing_.front());
    closing_.pop_front();
  }
  for (std::size_t i = 0; i < count; ++i) {
    close(below(live_.size()));
  }
  // Where more close in a step than are in TIME_WAIT, the oldest do not live to be seen in it.
  for (; expired.size() < count; closing_.pop_front()) {
    expired.push_back(closing_.front());
  }
  std::vector<Socket> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(opened());
  }
  const Table fresh = to_table(sockets, rows);
  for (std::size_t i = 0; i < count; ++i) {
    table_.set_row(expired[i], fresh, i);
    live_.push_back(expired[i]);
  }
  Column& expires = table_.column(sockets.index_of<&Socket::timer_expires>());
  for (const std::uint32_t row : live_) {
    if (const std::uint64_t at = expires.raw(row); at != 0 && at <= now_ms_) {
      expires.set_raw(row, at + keepalive_ms);
    }
  }
}

Table BusyServer::processes() const {
  std::map<std::uint32_t, Process> by_pid; // nginx serves two ports with the same workers.
  for (const Service& service : services_) {
    for (std::uint32_t pid = service.first_pid; pid < service.first_pid + service.workers; ++pid) {
      const auto opened = next_fd_.find(pid);
      const auto closed = free_fds_.find(pid);
      const std::size_t free = closed != free_fds_.end() ? closed->second.size() : 0;
      Process& process = by_pid[pid];
      process.pid = pid;
      process.started = 4'000 + std::uint64_t{10} * pid;
      process.comm = service.name;
      process.exe = "/usr/sbin/" + service.name;
      process.unit = service.name + ".service";
      process.fd_count = 10 + (opened != next_fd_.end() ? opened->second : 0) - static_cast<std::uint32_t>(free);
      process.fd_limit = 1'048'576;
    }
  }
  std::vector<Process> rows;
  for (auto& [pid, process] : by_pid) {
    rows.push_back(std::move(process));
  }
  return to_table(hindstat::processes, rows);
}

IdleMachine::IdleMachine(std::uint64_t seed) : random_(seed) {
  add_sockets();
  add_processes();
  add_routes();
}

std::uint64_t IdleMachine::below(std::uint64_t limit) {
  return random_() % limit;
}

void IdleMachine::add_sockets() {
  for (std::uint32_t i = 0; i < 120; ++i) {
    Socket socket;
    socket.protocol = i % 4 == 3 ? SocketProtocol::udp : SocketProtocol::tcp;
    socket.local_address = i % 2 == 0 ? v4(0) : v6(0);
    socket.local_port = static_cast<std::uint16_t>(20 + 37 * i);
    socket.cookie = cookie_ += 1 + below(5);
    socket.inode = inode_ += static_cast<std::uint32_t>(1 + below(40));
    socket.state = socket.protocol == SocketProtocol::tcp ? TcpState::listen : TcpState::close;
    socket.pid = 400 + 11 * (i % 60);
    socket.fd = 3 + i / 60;
    if (socket.protocol == SocketProtocol::udp) {
      socket.drops = 0;
    } else if (i % 3 == 0) { // An established connection with a keepalive timer.
      socket.state = TcpState::established;
      socket.local_address = v4(0x0A00'0005);
      socket.remote_address = v4(0x0A00'0100 + i);
      socket.remote_port = static_cast<std::uint16_t>(40'000 + 13 * i);
      socket.timer = SocketTimer::keepalive;
      socket.timer_expires = 86'400'000 + below(keepalive_ms);
    } else {
      socket.backlog = 128;
    }
    sockets_.push_back(socket);
  }
}

void IdleMachine::add_processes() {
  for (std::uint32_t i = 0; i < 60; ++i) {
    Process process;
    process.pid = 400 + 11 * i;
    process.started = 5'000 + 97 * i;
    process.comm = "daemon" + std::to_string(i);
    process.exe = "/usr/sbin/daemon" + std::to_string(i);
    process.unit = "daemon" + std::to_string(i) + ".service";
    process.fd_count = 20 + i;
    process.fd_limit = 1024;
    processes_.push_back(process);
  }
}

void IdleMachine::add_routes() {
  for (std::uint32_t i = 0; i < 60; ++i) {
    Route route;
    route.table = i % 2 == 0 ? 254 : 255;
    route.destination = v4(0x0A00'0000 + (i << 8));
    route.prefix_length = 24;
    route.interface = i % 2 == 0 ? "eth0" : "lo";
    route.protocol = RouteProtocol::kernel;
    route.scope = RouteScope::link;
    routes_.push_back(route);
  }
}

Snapshot IdleMachine::next() {
  const std::uint64_t now_ms = 86'400'000 + static_cast<std::uint64_t>(minute_) * minute_ms;
  for (int i = 0; i < 4; ++i) {
    std::uint32_t& fds = processes_[below(processes_.size())].fd_count;
    fds = fds < 20 || below(2) == 0 ? fds + 1 : fds - 1;
  }
  for (Socket& socket : sockets_) {
    if (socket.timer_expires && *socket.timer_expires <= now_ms) {
      socket.timer_expires = *socket.timer_expires + keepalive_ms;
    }
  }
  std::vector<Socket> rows = sockets_;
  std::vector<Process> with_cron = processes_;
  if (minute_ % 10 < 2) { // cron runs something that talks to a server, over two snapshots.
    const std::uint32_t run = static_cast<std::uint32_t>(minute_) / 10;
    Socket socket = sockets_.front();
    socket.local_address = v4(0x0A00'0005);
    socket.local_port = static_cast<std::uint16_t>(32'768 + 7'919 * run % 28'000);
    socket.remote_address = v4(0x0A00'0207);
    socket.remote_port = 443;
    socket.state = minute_ % 10 == 0 ? TcpState::established : TcpState::close_wait;
    socket.cookie = 5'000 + 3 * run;
    socket.inode = 90'000 + 61 * run;
    socket.pid = 20'000 + 17 * run;
    rows.push_back(socket);
    Process process = processes_.front();
    process.pid = *socket.pid;
    process.started = now_ms / (2 * minute_ms);
    process.comm = "backup";
    with_cron.push_back(process);
  }
  Snapshot snapshot;
  snapshot.info = made_info(std::int64_t{60} * minute_++);
  std::ranges::shuffle(rows, random_);
  snapshot.tables = {to_table(sockets, rows), Table(socket_owners.spec()), to_table(processes, with_cron),
                     to_table(routes, routes_),
                     to_table(network_namespaces, std::vector<NetworkNamespace>{{"", 4026531840, {}, {}, true}})};
  std::uint32_t began = 40;
  for (const Table& table : snapshot.tables) {
    Capture capture;
    capture.table = table.spec().name;
    capture.source = "netlink";
    capture.coverage = "tcp=netlink udp=netlink raw=netlink";
    capture.rows = static_cast<std::uint32_t>(table.size());
    capture.began_us = began;
    capture.took_us = static_cast<std::uint32_t>(700 + below(900));
    began += capture.took_us;
    snapshot.captures.push_back(capture);
  }
  return snapshot;
}

} // namespace hindstat
