// SPDX-License-Identifier: MIT
// The expected lines are those of net-tools 2.10 (`netstat -tuUwanpeoW`) for sockets that were really there.
#include "report/netstat_sockets.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tables/process.h"
#include "tables/socket.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

IpAddress ip(const char* text) {
  return parse_ip_address(text).value();
}

Socket socket(SocketProtocol protocol, const char* local, std::uint16_t local_port, const char* remote,
              std::uint16_t remote_port, TcpState state) {
  Socket made;
  made.protocol = protocol;
  made.local_address = ip(local);
  made.local_port = local_port;
  made.remote_address = ip(remote);
  made.remote_port = remote_port;
  made.state = state;
  return made;
}

Socket with_owner(Socket made, std::uint32_t inode, std::uint32_t pid) {
  made.inode = inode;
  made.pid = pid;
  return made;
}

Socket with_timer(Socket made, SocketTimer timer, std::uint64_t expires, std::uint8_t retries) {
  made.timer = timer;
  made.timer_expires = expires;
  made.timer_retries = retries;
  return made;
}

// In no order, as the kernel dumps them.
std::vector<Socket> lab_sockets() {
  using enum SocketProtocol;
  using enum TcpState;
  std::vector<Socket> rows{
    with_owner(socket(raw, "::", 58, "::", 0, close), 14569, 6643),
    with_owner(socket(raw, "0.0.0.0", 1, "0.0.0.0", 0, close), 14568, 6643),
    with_owner(socket(udplite, "::1", 100, "::", 0, close), 14567, 6643),
    with_owner(socket(udplite, "10.7.1.1", 99, "0.0.0.0", 0, close), 14566, 6643),
    with_owner(socket(udp, "::", 546, "::", 0, close), 14565, 6643),
    with_owner(socket(udp, "10.7.1.1", 59579, "10.7.1.2", 53, established), 14564, 6643),
    with_owner(socket(udp, "0.0.0.0", 68, "0.0.0.0", 0, close), 14563, 6643),
    with_owner(socket(tcp, "::1", 6010, "::", 0, listen), 14549, 6643),
    with_owner(socket(tcp, "::", 7046, "::", 0, listen), 14548, 6643),
    socket(tcp, "::ffff:10.7.1.1", 7046, "::ffff:10.7.1.1", 48824, established),
    with_owner(socket(tcp, "fd07:1::1", 36622, "fd07:1::2", 7001, established), 14554, 6643),
    with_timer(socket(tcp, "10.7.1.1", 50800, "10.7.1.2", 7000, time_wait), SocketTimer::timewait, 1'057'170, 0),
    with_owner(socket(tcp, "10.7.1.1", 50774, "10.7.1.2", 7000, close_wait), 14551, 6643),
    with_timer(with_owner(socket(tcp, "10.7.1.1", 50770, "10.7.1.2", 7000, established), 14550, 6643),
               SocketTimer::keepalive, 8'197'070, 0),
    with_timer(with_owner(socket(tcp, "10.7.1.1", 48862, "10.7.1.77", 80, syn_sent), 14562, 6643), SocketTimer::on,
               1'000'210, 2),
    with_owner(socket(tcp, "127.0.0.1", 22, "0.0.0.0", 0, listen), 14547, 6643),
    with_owner(socket(tcp, "10.7.1.1", 4444, "0.0.0.0", 0, bound_inactive), 14571, 6643)};
  rows[8].recv_queue = 1;
  rows[12].recv_queue = 1;
  rows[14].send_queue = 1;
  for (Socket& row : rows) {
    row.backlog = row.state == listen ? std::optional<std::uint32_t>(7) : std::nullopt;
    if (row.state == listen) {
      row.send_queue = 7; // What sock_diag says; netstat shows 0.
    }
  }
  return rows;
}

Snapshot lab_snapshot() {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, sockets, lab_sockets());
  Process process;
  process.pid = 6643;
  process.comm = "python3";
  add_table(snapshot, processes, {process});
  return snapshot;
}

Snapshot with_sockets(const std::vector<Socket>& rows) {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, sockets, rows);
  return snapshot;
}

constexpr const char* header = "Proto Recv-Q Send-Q Local Address           Foreign Address         State      \n";

} // namespace

TEST_CASE("all sockets with all columns look as netstat prints them", "[report]") {
  SocketView view;
  view.all = view.extend = view.programs = view.timers = true;
  CHECK("\n" + format_sockets(lab_snapshot(), view) == R"(
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       User       Inode      PID/Program name     Timer
tcp        0      0 127.0.0.1:22            0.0.0.0:*               LISTEN      0          14547      6643/python3         off (0.00/0/0)
tcp        0      1 10.7.1.1:48862          10.7.1.77:80            SYN_SENT    0          14562      6643/python3         on (0.21/2/0)
tcp        0      0 10.7.1.1:50770          10.7.1.2:7000           ESTABLISHED 0          14550      6643/python3         keepalive (7197.07/0/0)
tcp        1      0 10.7.1.1:50774          10.7.1.2:7000           CLOSE_WAIT  0          14551      6643/python3         off (0.00/0/0)
tcp        0      0 10.7.1.1:50800          10.7.1.2:7000           TIME_WAIT   0          0          -                    timewait (57.17/0/0)
tcp6       1      0 :::7046                 :::*                    LISTEN      0          14548      6643/python3         off (0.00/0/0)
tcp6       0      0 ::1:6010                :::*                    LISTEN      0          14549      6643/python3         off (0.00/0/0)
tcp6       0      0 10.7.1.1:7046           10.7.1.1:48824          ESTABLISHED 0          0          -                    off (0.00/0/0)
tcp6       0      0 fd07:1::1:36622         fd07:1::2:7001          ESTABLISHED 0          14554      6643/python3         off (0.00/0/0)
udp        0      0 0.0.0.0:68              0.0.0.0:*                           0          14563      6643/python3         off (0.00/0/0)
udp        0      0 10.7.1.1:59579          10.7.1.2:53             ESTABLISHED 0          14564      6643/python3         off (0.00/0/0)
udp6       0      0 :::546                  :::*                                0          14565      6643/python3         off (0.00/0/0)
udpl       0      0 10.7.1.1:99             0.0.0.0:*                           0          14566      6643/python3         off (0.00/0/0)
udpl6      0      0 ::1:100                 :::*                                0          14567      6643/python3         off (0.00/0/0)
raw        0      0 0.0.0.0:1               0.0.0.0:*               7           0          14568      6643/python3         off (0.00/0/0)
raw6       0      0 :::58                   :::*                    7           0          14569      6643/python3         off (0.00/0/0)
)");
}

TEST_CASE("listening, connected, families and protocols are told apart as netstat does", "[report]") {
  SocketView view;
  view.tcp = true;
  view.ipv4 = true;
  CHECK(format_sockets(lab_snapshot(), view)
        == std::string("Active Internet connections (w/o servers)\n") + header
             + "tcp        0      1 10.7.1.1:48862          10.7.1.77:80            SYN_SENT   \n"
               "tcp        0      0 10.7.1.1:50770          10.7.1.2:7000           ESTABLISHED\n"
               "tcp        1      0 10.7.1.1:50774          10.7.1.2:7000           CLOSE_WAIT \n"
               "tcp        0      0 10.7.1.1:50800          10.7.1.2:7000           TIME_WAIT  \n");
  view.listening = true;
  view.ipv4 = false;
  CHECK(format_sockets(lab_snapshot(), view)
        == std::string("Active Internet connections (only servers)\n") + header
             + "tcp        0      0 127.0.0.1:22            0.0.0.0:*               LISTEN     \n"
               "tcp6       1      0 :::7046                 :::*                    LISTEN     \n"
               "tcp6       0      0 ::1:6010                :::*                    LISTEN     \n");
  view.tcp = false;
  view.udp = true;
  view.ipv6 = true;
  CHECK(format_sockets(lab_snapshot(), view)
        == std::string("Active Internet connections (only servers)\n") + header
             + "udp6       0      0 :::546                  :::*                               \n");
  view.all = true; // -a wins over -l.
  view.ipv6 = false;
  CHECK(format_sockets(lab_snapshot(), view)
        == std::string("Active Internet connections (servers and established)\n") + header
             + "udp        0      0 0.0.0.0:68              0.0.0.0:*                          \n"
               "udp        0      0 10.7.1.1:59579          10.7.1.2:53             ESTABLISHED\n"
               "udp6       0      0 :::546                  :::*                               \n");
}

TEST_CASE("a socket that is only bound has no row, as in netstat", "[report]") {
  SocketView view;
  view.all = true;
  const Table table = made_table(sockets, lab_sockets());
  const std::vector<std::uint32_t> rows = select_sockets(table, view);
  CHECK(rows.size() == table.size() - 1);
  CHECK(std::ranges::none_of(rows, [&](std::uint32_t row) { return sockets.row(table, row).local_port == 4444; }));
}

TEST_CASE("a long address is printed whole and moves what follows", "[report]") {
  SocketView view;
  const Snapshot snapshot = with_sockets({socket(SocketProtocol::tcp, "2001:db8:1111:2222:3333:4444:5555:6666", 40000,
                                                 "fe80::fc:ff:fe00:1", 443, TcpState::established)});
  CHECK(
    format_sockets(snapshot, view)
    == std::string("Active Internet connections (w/o servers)\n") + header
         + "tcp6       0      0 2001:db8:1111:2222:3333:4444:5555:6666:40000 fe80::fc:ff:fe00:1:443  ESTABLISHED\n");
}

TEST_CASE("a request socket is SYN_RECV and an unknown state is a number", "[report]") {
  SocketView view;
  const Snapshot snapshot =
    with_sockets({socket(SocketProtocol::tcp, "10.0.0.1", 80, "10.0.0.2", 1000, TcpState::new_syn_recv),
                  socket(SocketProtocol::tcp, "10.0.0.1", 80, "10.0.0.2", 1001, static_cast<TcpState>(77))});
  const std::string text = format_sockets(snapshot, view);
  CHECK(text.find("10.0.0.2:1000           SYN_RECV   \n") != std::string::npos);
  CHECK(text.find("10.0.0.2:1001           77         \n") != std::string::npos);
}

TEST_CASE("unanswered probes are the second number of a timer, retransmits the first", "[report]") {
  SocketView view;
  view.timers = true;
  const auto timer_of = [&](SocketTimer timer, std::optional<std::uint64_t> expires) {
    Socket made = socket(SocketProtocol::tcp, "10.0.0.1", 80, "10.0.0.2", 1000, TcpState::established);
    made.timer = timer;
    made.timer_expires = expires;
    made.timer_retries = 3;
    const std::string text = format_sockets(with_sockets({made}), view);
    return text.substr(text.rfind("ESTABLISHED ") + 12);
  };
  CHECK(timer_of(SocketTimer::on, 1'012'340) == "on (12.34/3/0)\n");
  CHECK(timer_of(SocketTimer::keepalive, 1'012'340) == "keepalive (12.34/0/3)\n");
  CHECK(timer_of(SocketTimer::probe, 1'012'340) == "probe (12.34/0/3)\n");
  CHECK(timer_of(SocketTimer::on, 999'000) == "on (0.00/3/0)\n"); // It was about to fire.
  CHECK(timer_of(SocketTimer::on, std::nullopt) == "on (-/3/0)\n");
}

TEST_CASE("an unknown owner is a dash and a process without a name a question mark", "[report]") {
  SocketView view;
  view.programs = true;
  const Snapshot snapshot =
    with_sockets({socket(SocketProtocol::tcp, "10.0.0.1", 1, "10.0.0.2", 1, TcpState::established),
                  with_owner(socket(SocketProtocol::tcp, "10.0.0.1", 2, "10.0.0.2", 2, TcpState::established), 5, 77)});
  const std::string text = format_sockets(snapshot, view);
  CHECK(text.find("ESTABLISHED -                   \n") != std::string::npos);
  CHECK(text.find("ESTABLISHED 77/?                \n") != std::string::npos);
}

TEST_CASE("a hostile process or namespace name cannot act on the terminal", "[report]") {
  Snapshot snapshot = empty_snapshot();
  Socket made = with_owner(socket(SocketProtocol::tcp, "10.0.0.1", 2, "10.0.0.2", 2, TcpState::established), 5, 77);
  made.netns = "blue\x1b[2J";
  add_table(snapshot, sockets, {made});
  snapshot.captures.push_back(made_capture("socket", CaptureStatus::complete, "", made.netns));
  Process process;
  process.pid = 77;
  process.comm = "a\nb\x1b]0;x\x07\xff";
  add_table(snapshot, processes, {process});
  SocketView view;
  view.programs = true;
  const std::string text = format_sockets(snapshot, view);
  CHECK(text.find("77/a\\x0ab\\x1b]0;x\\x07\\xff") != std::string::npos);
  CHECK(text.find("in network namespace blue\\x1b[2J\n") != std::string::npos);
  CHECK(std::ranges::none_of(text, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; }));
}

TEST_CASE("rows stand under the namespace they belong to", "[report]") {
  Snapshot snapshot = empty_snapshot();
  Socket own = socket(SocketProtocol::tcp, "10.0.0.1", 1, "10.0.0.2", 1, TcpState::established);
  Socket other = socket(SocketProtocol::tcp, "10.9.9.9", 1, "10.0.0.2", 1, TcpState::established);
  other.netns = "blue";
  add_table(snapshot, sockets, {other, own});
  snapshot.captures.push_back(made_capture("socket", CaptureStatus::complete, "", "blue"));
  snapshot.captures.push_back(made_capture("socket", CaptureStatus::denied, "needs CAP_SYS_ADMIN", "red"));
  const std::string text = format_sockets(snapshot, SocketView{});
  const auto second = text.find("Active Internet connections (w/o servers) in network namespace blue\n");
  REQUIRE(second != std::string::npos);
  CHECK(text.find("10.0.0.1:1") < second);
  CHECK(text.find("10.9.9.9:1") > second);
  CHECK(text.ends_with("socket of red: not collected: denied: needs CAP_SYS_ADMIN\n"));
}

TEST_CASE("sockets that were not collected are never an empty table", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK(format_sockets(snapshot, SocketView{}) == "socket: not collected: not in this snapshot\n");
  snapshot.captures.push_back(made_capture("socket", CaptureStatus::failed, "EIO from sock_diag"));
  CHECK(format_sockets(snapshot, SocketView{}) == "socket: not collected: failed: EIO from sock_diag\n");
}

TEST_CASE("further addresses of an SCTP socket are lines below its own", "[report]") {
  Socket endpoint;
  endpoint.protocol = SocketProtocol::sctp;
  endpoint.local_address = parse_ip_address("10.77.1.2").value();
  endpoint.local_port = 7046;
  endpoint.state = TcpState::listen;
  endpoint.local_addresses = "*10.77.1.2 10.77.2.2";
  Socket association = endpoint;
  association.remote_address = parse_ip_address("10.77.1.1").value();
  association.remote_port = 41022;
  association.state = TcpState::established;
  association.remote_addresses = "*10.77.1.1 10.77.2.1 10.77.3.1";
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, sockets, {endpoint, association});
  const std::string text = format_sockets(snapshot, SocketView{.sctp = true, .all = true});
  CHECK(text.find("sctp       0      0 10.77.1.2:7046          0.0.0.0:*               LISTEN     \n"
                  "                    10.77.2.2:7046          \n"
                  "sctp       0      0 10.77.1.2:7046          10.77.1.1:41022         ESTABLISHED\n"
                  "                    10.77.2.2               10.77.2.1\n"
                  "                                            10.77.3.1\n")
        != std::string::npos);
}

} // namespace hindstat
