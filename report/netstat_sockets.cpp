// SPDX-License-Identifier: MIT
// The socket tables as net-tools 2.10 prints them with -n -W:
//   tcp        0      0 127.0.0.1:22            0.0.0.0:*               LISTEN      0          846839     812/sshd ...
// Only the order differs: netstat prints the kernel's hash order, which means nothing; this one is stable.
#include "report/netstat_sockets.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/recorded_names.h"
#include "report/socket_columns.h"
#include "report/statuses.h"
#include "tables/format.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

bool is_listening(const Socket& socket) {
  return socket.protocol == SocketProtocol::tcp ? socket.remote_port == 0 : socket.remote_address.is_unspecified();
}

bool is_selected(const Socket& socket, const SocketView& view) {
  if (socket.state == TcpState::bound_inactive) {
    return false; // Not in /proc/net/tcp, so netstat has no row for it.
  }
  if (socket.protocol == SocketProtocol::icmp || socket.protocol == SocketProtocol::mptcp
      || socket.protocol == SocketProtocol::dccp) {
    return false; // netstat does not know them.
  }
  if ((view.ipv4 || view.ipv6) && !(socket.local_address.is_v4() ? view.ipv4 : view.ipv6)) {
    return false;
  }
  if (view.tcp || view.udp || view.udplite || view.raw || view.sctp) {
    const bool wanted =
      (view.tcp && socket.protocol == SocketProtocol::tcp) || (view.udp && socket.protocol == SocketProtocol::udp)
      || (view.udplite && socket.protocol == SocketProtocol::udplite)
      || (view.sctp && socket.protocol == SocketProtocol::sctp) || (view.raw && socket.protocol == SocketProtocol::raw);
    if (!wanted) {
      return false;
    }
  }
  return view.all || is_listening(socket) == view.listening;
}

std::string_view protocol_name(const Socket& socket) {
  const bool v6 = socket.local_address.is_v6();
  switch (socket.protocol) {
    case SocketProtocol::tcp:
      return v6 ? "tcp6" : "tcp";
    case SocketProtocol::udp:
      return v6 ? "udp6" : "udp";
    case SocketProtocol::udplite:
      return v6 ? "udpl6" : "udpl";
    case SocketProtocol::raw:
      return v6 ? "raw6" : "raw";
    case SocketProtocol::icmp:
      return v6 ? "icmp6" : "icmp";
    case SocketProtocol::mptcp:
      return v6 ? "mptcp6" : "mptcp";
    case SocketProtocol::sctp:
      return "sctp"; // The kernel's files do not tell the families apart, and netstat does not.
    case SocketProtocol::dccp:
      return v6 ? "dccp6" : "dccp";
  }
  return "?";
}

std::string format_endpoint(const IpAddress& address, std::uint16_t port, SocketProtocol protocol,
                            const RecordedNames& names) {
  return fmt::format("{}:{}", names.format_host(address), port == 0 ? "*" : names.format_port(protocol, port));
}

std::string format_state(const Socket& socket) {
  switch (socket.protocol) {
    case SocketProtocol::tcp:
    case SocketProtocol::mptcp:
    case SocketProtocol::sctp:
    case SocketProtocol::dccp: {
      const TcpState state = socket.state == TcpState::new_syn_recv ? TcpState::syn_recv : socket.state;
      return format_enum(NamesOf<TcpState>::values, static_cast<std::uint64_t>(state));
    }
    case SocketProtocol::raw:
      return fmt::format("{}", static_cast<unsigned>(socket.state));
    case SocketProtocol::udp:
    case SocketProtocol::udplite:
    case SocketProtocol::icmp:
      break;
  }
  return socket.state == TcpState::established ? "ESTABLISHED" : socket.state == TcpState::close ? "" : "UNKNOWN";
}

// "keepalive (7191.23/0/2)": seconds left, retransmits, unanswered probes.
std::string format_timer(const Socket& socket, std::int64_t boottime_ns) {
  if (socket.timer == SocketTimer::off) {
    return "off (0.00/0/0)";
  }
  std::string left = "-";
  if (socket.timer_expires) {
    const double ms = static_cast<double>(*socket.timer_expires) - static_cast<double>(boottime_ns) / 1e6;
    left = fmt::format("{:.2f}", std::max(ms, 0.0) / 1000);
  }
  const unsigned retries = socket.timer_retries;
  const bool is_retransmit = socket.timer == SocketTimer::on;
  return fmt::format("{} ({}/{}/{})",
                     format_enum(NamesOf<SocketTimer>::values, static_cast<std::uint64_t>(socket.timer)), left,
                     is_retransmit ? retries : 0, is_retransmit ? 0 : retries);
}

std::string format_header(const SocketView& view) {
  std::string line = "Proto Recv-Q Send-Q Local Address           Foreign Address         State      ";
  if (view.extend) {
    line += " User       Inode     ";
  }
  if (view.programs) {
    line += ' ' + format_owner_heading();
  }
  if (view.timers) {
    line += " Timer";
  }
  return line + '\n';
}

/// What stands in the place of an owner: "(812/sshd)" held it, "[812/sshd]" is to accept it.
std::string other_owner(const Socket& socket, const SocketView& view) {
  if (!view.programs || view.former_owners == nullptr) {
    return "";
  }
  if (const std::string former = view.former_owners->find(socket); !former.empty()) {
    return fmt::format("({})", former);
  }
  const std::string accepting = view.former_owners->find_accepting(socket);
  return accepting.empty() ? "" : fmt::format("[{}]", accepting);
}

std::string format_line(const Socket& socket, const SocketView& view, const RecordedNames& names,
                        std::int64_t boottime_ns) {
  // The limit of the accept queue is sock_diag's Send-Q of a listener; netstat has always shown 0 there.
  const bool is_listener = socket.backlog.has_value() || socket.state == TcpState::listen;
  std::string line = fmt::format("{:<5} {:>6} {:>6} {:<23} {:<23} {:<11}", protocol_name(socket), socket.recv_queue,
                                 is_listener ? 0 : socket.send_queue,
                                 format_endpoint(socket.local_address, socket.local_port, socket.protocol, names),
                                 format_endpoint(socket.remote_address, socket.remote_port, socket.protocol, names),
                                 format_state(socket));
  if (view.extend) {
    line += fmt::format(" {:<10} {:<10}", names.format_user(socket.uid), socket.inode);
  }
  if (view.programs) {
    line += ' ' + format_owner(names, socket.pid, other_owner(socket, view));
  }
  if (view.timers) {
    line += ' ' + format_timer(socket, boottime_ns);
  }
  return line + '\n';
}

/// "10.77.1.2 10.77.2.2" of "*10.77.1.2 10.77.2.2 10.77.3.2", word by word, without the first.
std::vector<std::string> further_addresses(const std::optional<std::string>& all) {
  std::vector<std::string> words;
  std::string_view rest = all ? std::string_view(*all) : std::string_view();
  for (std::size_t blank = rest.find(' '); blank != std::string_view::npos; blank = rest.find(' ')) {
    rest.remove_prefix(blank + 1);
    words.push_back(escape_terminal(rest.substr(0, rest.find(' '))));
  }
  return words;
}

/// The lines below that of an SCTP socket with several addresses; those of an endpoint have its port, as in netstat.
std::string format_further_addresses(const Socket& socket, const RecordedNames& names) {
  const std::vector<std::string> locals = further_addresses(socket.local_addresses);
  const std::vector<std::string> remotes = further_addresses(socket.remote_addresses);
  const std::string port =
    is_listening(socket) ? ":" + names.format_port(socket.protocol, socket.local_port) : std::string();
  std::string lines;
  for (std::size_t i = 0; i < std::max(locals.size(), remotes.size()); ++i) {
    lines += fmt::format("{:<20}{:<23} {}\n", "", i < locals.size() ? locals[i] + port : "",
                         i < remotes.size() ? remotes[i] : "");
  }
  return lines;
}

auto sort_key(const Socket& socket) {
  return std::tuple(socket.netns, socket.protocol, socket.local_address.is_v6(), !is_listening(socket),
                    socket.local_address, socket.local_port, socket.remote_address, socket.remote_port, socket.state,
                    socket.inode, socket.cookie);
}

} // namespace

std::vector<std::uint32_t> select_sockets(const Table& table, const SocketView& view) {
  std::vector<std::pair<decltype(sort_key(Socket())), std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const Socket socket = sockets.row(table, i);
    if (is_selected(socket, view)) {
      found.emplace_back(sort_key(socket), i);
    }
  }
  std::ranges::sort(found);
  std::vector<std::uint32_t> rows;
  rows.reserve(found.size());
  for (const auto& [key, row] : found) {
    rows.push_back(row);
  }
  return rows;
}

std::string format_sockets(const Snapshot& snapshot, const SocketView& view) {
  const RecordedNames names(snapshot, NameChoice{.programs = view.programs,
                                                 .services = view.service_names,
                                                 .users = view.user_names,
                                                 .hosts = view.host_names});
  const Table* table = snapshot.find_table(sockets.name());
  const std::vector<std::uint32_t> rows =
    table != nullptr ? select_sockets(*table, view) : std::vector<std::uint32_t>();
  std::string out;
  bool any_former = false;
  bool any_accepting = false;
  for (const Capture& capture : captures_of(snapshot, sockets.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    out += format_socket_title("Internet connections", view.all, view.listening, capture.netns) + format_header(view);
    for (const std::uint32_t row : rows) {
      const Socket socket = sockets.row(*table, row);
      if (socket.netns == capture.netns) {
        out += format_line(socket, view, names, snapshot.info.clocks.boottime_ns);
        out += format_further_addresses(socket, names);
        const std::string other = other_owner(socket, view);
        any_former = any_former || other.starts_with('(');
        any_accepting = any_accepting || other.starts_with('[');
      }
    }
  }
  out += any_accepting ? "[PID/program]: not accepted yet; this process listens there\n" : "";
  out += any_former ? "(PID/program): nobody holds it any more; an earlier snapshot saw this owner\n" : "";
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", sockets.name()) : out;
}

} // namespace hindstat
