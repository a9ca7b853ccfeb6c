// SPDX-License-Identifier: MIT
#include "report/former_owners.h"

#include <catch2/catch.hpp>

#include "report/netstat_sockets.h"
#include "tables/process.h"

using namespace hindstat;

namespace {

Socket connection(std::uint64_t cookie, TcpState state, std::optional<std::uint32_t> pid = std::nullopt) {
  Socket socket;
  socket.local_address = *parse_ip_address("10.0.0.5");
  socket.local_port = 443;
  socket.remote_address = *parse_ip_address("10.0.0.9");
  socket.remote_port = static_cast<std::uint16_t>(50000 + cookie);
  socket.cookie = cookie;
  socket.state = state;
  socket.pid = pid;
  return socket;
}

Snapshot snapshot_of(const std::vector<Socket>& rows,
                     const std::vector<std::pair<std::uint32_t, std::string>>& programs = {}) {
  Snapshot snapshot;
  TableBuilder socket_rows(sockets);
  for (const Socket& row : rows) {
    socket_rows.add(row);
  }
  TableBuilder process_rows(processes);
  for (const auto& [pid, comm] : programs) {
    Process process;
    process.pid = pid;
    process.comm = comm;
    process_rows.add(process);
  }
  snapshot.tables.push_back(std::move(socket_rows).build());
  snapshot.tables.push_back(std::move(process_rows).build());
  for (const std::string_view table : {sockets.name(), processes.name()}) {
    Capture capture;
    capture.table = table;
    snapshot.captures.push_back(std::move(capture));
  }
  return snapshot;
}

} // namespace

TEST_CASE("a socket that nobody holds has the owner that the latest earlier snapshot saw", "[report]") {
  const Socket left = connection(1, TcpState::time_wait);
  FormerOwners owners(snapshot_of({left, connection(2, TcpState::established, 7)}));
  CHECK_FALSE(owners.complete());
  owners.look_into(snapshot_of({connection(1, TcpState::fin_wait1)})); // Left already.
  CHECK(owners.find(left).empty());
  owners.look_into(snapshot_of({connection(1, TcpState::established, 812)}, {{812, "sshd"}}));
  CHECK(owners.complete());
  owners.look_into(snapshot_of({connection(1, TcpState::established, 5)}, {{5, "earlier"}}));
  CHECK(owners.find(left) == "812/sshd");
}

TEST_CASE("another cookie, another namespace and a socket with an owner have no former owner", "[report]") {
  Socket elsewhere = connection(1, TcpState::established, 812);
  elsewhere.netns = "blue";
  const Socket left = connection(1, TcpState::time_wait);
  const Socket held = connection(3, TcpState::established, 9);
  Socket unknown = left;
  unknown.cookie.reset();
  FormerOwners owners(snapshot_of({left, held, unknown}));
  owners.look_into(snapshot_of({elsewhere, connection(2, TcpState::established, 812), held}, {{812, "sshd"}}));
  CHECK_FALSE(owners.complete());
  CHECK(owners.find(left).empty());
  CHECK(owners.find(held).empty());
  CHECK(owners.find(unknown).empty());
  CHECK(FormerOwners().find(left).empty());
  CHECK(FormerOwners().complete());
}

TEST_CASE("a connection that nobody has accepted yet is to be accepted by who listens there", "[report]") {
  const auto listener = [](const char* address, std::uint64_t cookie, std::uint32_t pid) {
    Socket socket = connection(cookie, TcpState::listen, pid);
    socket.local_address = *parse_ip_address(address);
    socket.remote_address = IpAddress();
    socket.remote_port = 0;
    socket.inode = 7;
    return socket;
  };
  const Socket waiting = connection(1, TcpState::established);
  const std::vector<std::pair<std::uint32_t, std::string>> programs{{812, "sshd"}, {9, "cu\x1b[31mrl"}};
  const FormerOwners any(snapshot_of({waiting, listener("0.0.0.0", 2, 812)}, programs));
  CHECK(any.complete()); // No earlier snapshot can know more.
  CHECK(any.find_accepting(waiting) == "812/sshd");
  CHECK(any.find(waiting).empty());
  for (const TcpState state : {TcpState::close_wait, TcpState::syn_recv, TcpState::new_syn_recv}) {
    CHECK(any.find_accepting(connection(1, state)) == "812/sshd");
  }
  CHECK(any.find_accepting(connection(1, TcpState::last_ack)).empty()); // Was accepted, and closed.
  CHECK(any.find_accepting(connection(1, TcpState::established, 5)).empty());
  Socket elsewhere = waiting;
  elsewhere.netns = "blue";
  CHECK(any.find_accepting(elsewhere).empty());

  const FormerOwners exact(
    snapshot_of({listener("0.0.0.0", 2, 812), listener("10.0.0.5", 3, 9), listener("10.0.0.6", 4, 1)}, programs));
  CHECK(exact.find_accepting(waiting).find("9/cu") == 0);
  CHECK(exact.find_accepting(waiting).find('\x1b') == std::string::npos);
  const FormerOwners several(snapshot_of({listener("10.0.0.5", 2, 812), listener("10.0.0.5", 3, 9)}, programs));
  CHECK(several.find_accepting(waiting).empty());
  const FormerOwners shared(snapshot_of({listener("10.0.0.5", 2, 812), listener("10.0.0.5", 3, 812)}, programs));
  CHECK(shared.find_accepting(waiting) == "812/sshd");

  const FormerOwners six(snapshot_of({listener("::", 2, 812)}, programs));
  CHECK(six.find_accepting(waiting).empty()); // A connection that :: takes is ::ffff:10.0.0.5 to the kernel.
  Socket mapped = waiting;
  mapped.local_address = *parse_ip_address("::ffff:10.0.0.5");
  CHECK(six.find_accepting(mapped) == "812/sshd");
}

TEST_CASE("who is to accept is marked as such", "[report]") {
  Socket listener = connection(2, TcpState::listen, 812);
  listener.remote_address = IpAddress();
  listener.remote_port = 0;
  const Snapshot shown = snapshot_of({connection(1, TcpState::established), listener}, {{812, "sshd"}});
  SocketView view;
  view.programs = true;
  view.all = true;
  CHECK(format_sockets(shown, view).find('[') == std::string::npos);
  const FormerOwners owners(shown);
  view.former_owners = &owners;
  const std::string text = format_sockets(shown, view);
  CHECK(text.find("ESTABLISHED [812/sshd]") != std::string::npos);
  CHECK(text.find("[PID/program]: not accepted yet; this process listens there\n") != std::string::npos);
  CHECK(text.find("(PID/program)") == std::string::npos);
}

TEST_CASE("a former owner is marked as such, and its name cannot harm a terminal", "[report]") {
  const Snapshot shown =
    snapshot_of({connection(1, TcpState::time_wait), connection(2, TcpState::established, 7)}, {{7, "curl"}});
  SocketView view;
  view.programs = true;
  const std::string without = format_sockets(shown, view);
  CHECK(without.find("7/curl") != std::string::npos);
  CHECK(without.find('(' + std::string("812")) == std::string::npos);
  FormerOwners owners(shown);
  owners.look_into(snapshot_of({connection(1, TcpState::established, 812)}, {{812, "ss\x1b[31mhd"}}));
  view.former_owners = &owners;
  const std::string with = format_sockets(shown, view);
  CHECK(with.find("(812/ss") != std::string::npos);
  CHECK(with.find('\x1b') == std::string::npos);
  CHECK(with.find("(PID/program): nobody holds it any more") != std::string::npos);
  view.programs = false;
  CHECK(format_sockets(shown, view).find("812") == std::string::npos);
}
