// SPDX-License-Identifier: MIT
#include "bench/ss_text.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "tables/process.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

// Netid is left out, as of one family only; State, Recv-Q, Send-Q, both addresses, and what is of the process.
struct Line {
  std::array<std::string, 3> left;
  std::string local_address;
  std::string local_port;
  std::string remote_address;
  std::string remote_port;
  std::string process;
};

std::string state_text(TcpState state) {
  switch (state) {
    case TcpState::established:
      return "ESTAB";
    case TcpState::time_wait:
      return "TIME-WAIT";
    case TcpState::listen:
      return "LISTEN";
    default:
      return "UNCONN";
  }
}

std::string address_text(const IpAddress& address) {
  const std::string text = format_ip_address(address);
  return address.is_v4() ? text : "[" + text + "]";
}

// print_ms_timer() of ss.c.
std::string countdown_text(std::uint64_t milliseconds) {
  constexpr std::uint64_t ms = 1000;
  constexpr std::uint64_t minute = 60;
  constexpr std::uint64_t short_enough = 9;
  std::uint64_t rest = milliseconds % ms;
  std::uint64_t seconds = milliseconds / ms % minute;
  const std::uint64_t minutes = milliseconds / ms / minute;
  std::string text;
  if (minutes > 0) {
    rest = 0;
    seconds = minutes > short_enough ? 0 : seconds;
    text = fmt::format("{}min", minutes);
  }
  if (seconds > 0) {
    rest = seconds > short_enough ? 0 : rest;
    text += fmt::format("{}{}", seconds, rest > 0 ? "." : "sec");
  }
  return rest > 0 ? text + fmt::format("{:03}ms", rest) : text;
}

std::string process_text(const Socket& socket, const Process* process, std::optional<std::uint64_t> boottime_ms) {
  std::string text;
  if (process != nullptr) {
    text += fmt::format(" users:((\"{}\",pid={},fd={}))", process->comm, process->pid, socket.fd.value_or(0));
  }
  if (socket.timer_expires && boottime_ms) {
    const std::uint64_t left = std::max(*socket.timer_expires, *boottime_ms) - *boottime_ms;
    text += fmt::format(" timer:({},{},{})", socket.timer == SocketTimer::keepalive ? "keepalive" : "timewait",
                        countdown_text(left), socket.timer_retries);
  }
  if (socket.uid != 0) {
    text += fmt::format(" uid:{}", socket.uid);
  }
  text += fmt::format(" ino:{} sk:{:x}", socket.inode, socket.cookie.value_or(0));
  if (process != nullptr) {
    text += fmt::format(" cgroup:/system.slice/{} <->", process->unit.value_or(""));
  }
  return text.substr(1);
}

// Where the kernel's dump has the socket: IPv4 first, listeners first, then by a hash that stays with the socket.
auto place_of(const Socket& socket) {
  return std::tuple(socket.local_address.is_v6(), socket.state != TcpState::listen,
                    (*socket.cookie * 0x9E37'79B9'7F4A'7C15U) >> 32U);
}

std::vector<Socket> in_order_of_dump(const Table& table) {
  std::vector<Socket> rows;
  rows.reserve(table.size());
  for (std::size_t row = 0; row < table.size(); ++row) {
    rows.push_back(sockets.row(table, row));
  }
  std::ranges::sort(rows, [](const Socket& a, const Socket& b) { return place_of(a) < place_of(b); });
  return rows;
}

struct Widths {
  std::array<std::size_t, 3> left{5, 6, 6}; // Of the headings State, Recv-Q, Send-Q.
  std::size_t local_address = 13;           // "Local Address", "Port", "Peer Address".
  std::size_t local_port = 4;
  std::size_t remote_address = 12;
  std::size_t remote_port = 4;
  std::size_t process = 7;

  void take(const Line& line) {
    for (std::size_t i = 0; i < left.size(); ++i) {
      left[i] = std::max(left[i], line.left[i].size());
    }
    local_address = std::max(local_address, line.local_address.size());
    local_port = std::max(local_port, line.local_port.size());
    remote_address = std::max(remote_address, line.remote_address.size());
    remote_port = std::max(remote_port, line.remote_port.size());
    process = std::max(process, line.process.size());
  }
};

} // namespace

std::string ss_text(const Table& table, const Table& process_table, std::optional<std::uint64_t> boottime_ms) {
  std::unordered_map<std::uint32_t, Process> by_pid;
  for (std::size_t row = 0; row < process_table.size(); ++row) {
    Process process = processes.row(process_table, row);
    by_pid.emplace(process.pid, std::move(process));
  }
  std::vector<Line> lines{{{"State", "Recv-Q", "Send-Q"}, "Local Address", "Port", "Peer Address", "Port", "Process"}};
  for (const Socket& socket : in_order_of_dump(table)) {
    const auto process = socket.pid ? by_pid.find(*socket.pid) : by_pid.end();
    const bool listens = socket.state == TcpState::listen;
    lines.push_back({{state_text(socket.state), std::to_string(socket.recv_queue),
                      std::to_string(listens ? socket.backlog.value_or(0) : socket.send_queue)},
                     address_text(socket.local_address),
                     std::to_string(socket.local_port),
                     address_text(socket.remote_address),
                     listens ? "*" : std::to_string(socket.remote_port),
                     process_text(socket, process != by_pid.end() ? &process->second : nullptr, boottime_ms)});
  }
  Widths widths;
  for (const Line& line : lines) {
    widths.take(line);
  }
  std::string text;
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < line.left.size(); ++i) {
      text += fmt::format("{:<{}} ", line.left[i], widths.left[i]);
    }
    text += fmt::format("{:>{}}:{:<{}} {:>{}}:{:<{}} {:<{}}\n", line.local_address, widths.local_address,
                        line.local_port, widths.local_port, line.remote_address, widths.remote_address,
                        line.remote_port, widths.remote_port, line.process, widths.process);
  }
  return text;
}

} // namespace hindstat
