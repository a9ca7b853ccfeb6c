// SPDX-License-Identifier: MIT
// The bundles that tests/lab/make-samples.sh made, by netlink and by /proc: every parser meets real text and messages.
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "tables/socket.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/witness_rules.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::unique_ptr<System> sample(const std::string& name) {
  return open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/" + name);
}

std::set<TcpState> states_of(const Snapshot& snapshot) {
  std::set<TcpState> found;
  const Table& table = *snapshot.find_table(sockets.name());
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Socket row = sockets.row(table, i);
    if (row.protocol == SocketProtocol::tcp) {
      found.insert(row.state);
    }
  }
  return found;
}

} // namespace

TEST_CASE("the samples of the lab are understood whole, by netlink and by /proc", "[recorder]") {
  std::map<std::string, std::size_t> rows;
  std::set<TcpState> states;
  // Tables that came after the bundles were made, and those that no file tells.
  const std::set<std::string> not_there = {"route_exception", "route_cache", "tcp_metric", "rule",
                                           "nexthop",         "neighbour",   "table_stat", "multicast_source",
                                           "multicast_route", "link_group",  "conntrack",  "conntrack_expectation",
                                           "conntrack_stat"};
  for (const std::string name : {"client", "client-later", "gateway", "gateway-later", "server", "server-later"}) {
    const Snapshot netlink = record_snapshot(*sample(name), {});
    const Snapshot proc = record_snapshot(WithoutNetlink(sample(name)), {});
    CHECK(netlink.info.host == name.substr(0, name.find('-')));
    for (const Snapshot* snapshot : {&netlink, &proc}) {
      for (const Capture& capture : snapshot->captures) {
        if (not_there.contains(capture.table) || is_younger_than_samples(capture.table)) {
          continue;
        }
        CAPTURE(name, capture.table, capture.source, capture.detail, capture.example);
        // /proc has not every column of interfaces and addresses.
        CHECK((snapshot == &proc ? was_collected(capture.status) : capture.status == CaptureStatus::complete));
        CHECK(capture.rejected == 0);
        rows[capture.table + "/" + (snapshot == &proc ? "proc" : "netlink")] += capture.rows;
      }
      states.merge(states_of(*snapshot));
    }
  }
  for (const char* table : {"socket", "unix_socket", "route", "interface", "address", "multicast_group",
                            "protocol_counter", "sockstat", "process", "user", "service"}) {
    CAPTURE(table);
    CHECK(rows[std::string(table) + "/netlink"] > 0);
    CHECK(rows[std::string(table) + "/proc"] > 0);
  }
  using enum TcpState;
  for (const TcpState state :
       {established, syn_sent, syn_recv, fin_wait1, fin_wait2, time_wait, close_wait, last_ack, listen, closing}) {
    CAPTURE(static_cast<int>(state));
    CHECK(states.contains(state));
  }
}
