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
