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
  CHECK(diff.events[0].spec->name == "row.added");
  CHECK(diff.events[0].after_row == 0);
  CHECK(
    diff.comparability.notes
    == std::vector<std::string>{"unix_socket: 3 connected or unnamed sockets came and 1 went; they are counted only"});
  CHECK(diff_snapshots(before, before, {}).comparability.notes.empty());
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
