// SPDX-License-Identifier: MIT
#include "diff/socket_details.h"

#include "tables/socket_owner.h"
#include "tables/tcp_info.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

SocketOwner owner(std::uint32_t inode, std::uint32_t pid) {
  SocketOwner row;
  row.inode = inode;
  row.pid = pid;
  row.fd = 5;
  return row;
}

TcpInfo info(std::uint16_t port, std::uint32_t rtt, const char* control = "cubic") {
  TcpInfo row;
  row.local_address = ip("10.0.0.5");
  row.local_port = port;
  row.remote_address = ip("10.0.0.9");
  row.remote_port = 80;
  row.cookie = port;
  row.rtt = rtt;
  row.congestion_control = control;
  return row;
}

Socket connection(std::uint16_t port) {
  return tcp(TcpState::established, "10.0.0.5", port, "10.0.0.9", 80, port, port);
}

} // namespace

TEST_CASE("further descriptors of a socket that came or went are no news", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(sockets, {connection(1), connection(2)}));
  add_table(b, make_table(sockets, {connection(1), connection(3)}));
  add_table(a, make_table(socket_owners, {owner(1, 10), owner(2, 10)}));
  add_table(b, make_table(socket_owners, {owner(1, 11), owner(3, 10)}));
  CHECK(in_words(diff_snapshots(a, b, {}).events)
        == Lines{"sock.opened tcp 10.0.0.5:3 -> 10.0.0.9:80 dir=outbound state=ESTABLISHED",
                 "sock.closed tcp 10.0.0.5:2 -> 10.0.0.9:80 dir=outbound from=ESTABLISHED",
                 "row.added inode 1 pid 11 fd 5", "row.removed inode 1 pid 10 fd 5"});
}

TEST_CASE("without the tables of sockets all descriptors are told", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(socket_owners, {}));
  add_table(b, make_table(socket_owners, {owner(1, 11)}));
  CHECK(diff_snapshots(a, b, {}).events.size() == 1);
}

TEST_CASE("of the counters of connections only attributes are news", "[diff]") {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(10);
  add_table(a, make_table(tcp_infos, {info(1, 100), info(2, 100), info(3, 100)}));
  add_table(b, make_table(tcp_infos, {info(1, 90'000), info(2, 100, "bbr"), info(4, 100)}));
  const auto events = diff_snapshots(a, b, {}).events;
  REQUIRE(events.size() == 2);
  CHECK(events[0].spec->name == "row.changed");
  REQUIRE(events[0].changed.size() == 1);
  CHECK(events[0].changed[0].column == "congestion_control");
  CHECK(events[1].spec->name == "row.counted");
  CHECK(events[1].spec->hidden);
}
