// SPDX-License-Identifier: MIT
#include "diff/unix_sockets.h"

#include <catch2/catch.hpp>

#include "diff/diff.h"
#include "tables/protocol_counter.h"
#include "tables/unix_socket.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

UnixSocket unix_socket(std::optional<std::string> name, UnixState state, std::uint32_t inode) {
  UnixSocket socket;
  socket.name = std::move(name);
  socket.state = state;
  socket.inode = inode;
  return socket;
}

} // namespace

TEST_CASE("a unix listener is one event, connected and unnamed sockets are counted", "[diff]") {
  Snapshot before = snapshot_at(0);
  Snapshot after = snapshot_at(60);
  add_table(before, make_table(unix_sockets, {unix_socket(std::nullopt, UnixState::connected, 1)}));
  add_table(after, make_table(unix_sockets, {unix_socket("/run/app", UnixState::listening, 2),
                                             unix_socket("/run/app", UnixState::connected, 3),
                                             unix_socket(std::nullopt, UnixState::connected, 4),
                                             unix_socket(std::nullopt, UnixState::connected, 5)}));
  const Diff diff = diff_snapshots(before, after, {});
  REQUIRE(diff.events.size() == 1);
  CHECK(in_words(diff.events) == Lines{"unix.listen.added stream /run/app"});
  CHECK(diff.events[0].after_row == 0);
  CHECK(
    diff.comparability.notes
    == std::vector<std::string>{"unix_socket: 3 connected or unnamed sockets came and 1 went; they are counted only"});
  CHECK(diff_snapshots(before, before, {}).comparability.notes.empty());
}

namespace {

Diff diff_unix(const std::vector<UnixSocket>& before, const std::vector<UnixSocket>& after,
               const std::string& owners_after = "complete", const std::vector<Process>& programs = {}) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(unix_sockets, before)).coverage = "unix=netlink embryos=proc owners=complete";
  add_table(b, make_table(unix_sockets, after)).coverage = "unix=netlink embryos=proc owners=" + owners_after;
  add_table(a, make_table(processes, programs));
  add_table(b, make_table(processes, programs));
  return diff_snapshots(a, b, {{"unix_socket"}, {}});
}

UnixSocket listening(std::uint32_t inode, std::uint32_t pid = 10, const char* name = "/run/app") {
  UnixSocket socket = unix_socket(name, UnixState::listening, inode);
  socket.pid = pid;
  socket.recv_queue = 0;
  socket.send_queue = 128;
  return socket;
}

Lines words(const std::vector<UnixSocket>& before, const std::vector<UnixSocket>& after) {
  return in_words(
    diff_unix(before, after, "complete", {process(10, "app"), process(11, "app"), process(20, "other")}).events);
}

} // namespace

TEST_CASE("a unix listener comes, goes, is restarted or taken by another program", "[diff]") {
  CHECK(words({}, {listening(5)}) == Lines{"unix.listen.added stream /run/app"});
  CHECK(words({listening(5)}, {}) == Lines{"unix.listen.removed stream /run/app"});
  CHECK(words({listening(5)}, {listening(6, 11)})
        == Lines{"unix.listen.restarted stream /run/app owner_before=app[10] sockets=1"});
  CHECK(words({listening(5)}, {listening(6, 20)})
        == Lines{"unix.listen.added stream /run/app", "unix.listen.removed stream /run/app"});
  CHECK(words({listening(5)}, {listening(5, 11)})
        == Lines{"unix.owner stream /run/app kind=restarted owner_before=app[10]"});
  CHECK(words({listening(5)}, {listening(5), listening(6)})
        == Lines{"unix.listen.workers stream /run/app from=1 to=2"});
  CHECK(words({listening(5, 10, "x"), listening(6, 10, "y")}, {listening(5, 10, "x"), listening(6, 10, "y")}).empty());
}

TEST_CASE("an abstract name has an at sign, and a bound socket that listens is a new listener", "[diff]") {
  using namespace std::string_literals;
  CHECK(words({}, {unix_socket("\0bus"s, UnixState::listening, 5)}) == Lines{"unix.listen.added stream @bus"});
  CHECK(words({unix_socket("/run/app", UnixState::unconnected, 5)}, {listening(5)})
        == Lines{"unix.listen.added stream /run/app"});
  UnixSocket datagrams = unix_socket("/run/log", UnixState::unconnected, 7);
  datagrams.type = UnixType::dgram;
  CHECK(words({}, {datagrams}) == Lines{"unix.bound dgram /run/log"});
  CHECK(words({datagrams}, {}) == Lines{"unix.unbound dgram /run/log"});
}

TEST_CASE("an accept queue that passes half of its limit is told", "[diff]") {
  UnixSocket waiting = listening(5);
  waiting.recv_queue = 64;
  CHECK(words({listening(5)}, {waiting}) == Lines{"unix.queue stream /run/app kind=grew"});
  waiting.recv_queue = 63;
  CHECK(words({listening(5)}, {waiting}).empty());
  UnixSocket wider = listening(5);
  wider.send_queue = 4096;
  CHECK(words({listening(5)}, {wider}) == Lines{"unix.listen.backlog stream /run/app from=128 to=4096"});
}

TEST_CASE("unix sockets are compared without their owners when one side could not see them", "[diff]") {
  UnixSocket nobody = listening(5);
  nobody.pid.reset();
  const Diff diff = diff_unix({listening(5)}, {nobody, listening(6, 10, "/run/new")}, "denied");
  CHECK(in_words(diff.events) == Lines{"unix.listen.added stream /run/new"});
  CHECK(diff.comparability.compared == Lines{"unix_socket"});
  REQUIRE(diff.comparability.doubts.size() == 1);
  CHECK(diff.comparability.doubts[0].starts_with("owners of sockets are not compared"));
}

TEST_CASE("what is only counted is counted by owner", "[diff]") {
  UnixSocket mine = unix_socket(std::nullopt, UnixState::connected, 3);
  mine.pid = 10;
  UnixSocket other = unix_socket(std::nullopt, UnixState::connected, 4);
  other.pid = 10;
  CHECK(diff_unix({}, {mine, other}, "complete", {process(10, "app")}).comparability.notes
        == Lines{"unix_socket: 2 connected or unnamed sockets came and 0 went (app[10] +2); they are counted only"});
}

TEST_CASE("counters of a file that was not read on one side are not compared", "[diff]") {
  Snapshot before = snapshot_at(0);
  Snapshot after = snapshot_at(60);
  ProtocolCounter v4;
  v4.group = "Ip";
  v4.name = "InReceives";
  v4.count = 1;
  ProtocolCounter v6 = v4;
  v6.group = "Ip6";
  add_table(before, make_table(protocol_counters, {v4, v6})).coverage = "snmp=proc netstat=proc snmp6=proc";
  add_table(after, make_table(protocol_counters, {v4})).coverage = "snmp=proc netstat=proc snmp6=denied";
  const Diff diff = diff_snapshots(before, after, {});
  CHECK(diff.events.empty());
  REQUIRE(diff.comparability.not_compared.size() == 1);
  CHECK(diff.comparability.not_compared[0].reason == "snmp6 not collected: denied");
}
