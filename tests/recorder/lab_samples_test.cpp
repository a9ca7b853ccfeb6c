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
  // Tables that no file of a bundle without netlink tells.
  const std::set<std::string> only_netlink = {"route_exception", "tcp_metric", "rule",
                                              "nexthop",         "conntrack",  "conntrack_expectation"};
  for (const std::string name : {"client", "client-later", "gateway", "gateway-later", "server", "server-later"}) {
    const Snapshot netlink = record_snapshot(*sample(name), {});
    const Snapshot proc = record_snapshot(WithoutNetlink(sample(name)), {});
    CHECK(netlink.info.host == name.substr(0, name.find('-')));
    for (const Snapshot* snapshot : {&netlink, &proc}) {
      for (const Capture& capture : snapshot->captures) {
        CAPTURE(name, capture.table, capture.source, capture.detail, capture.example, snapshot == &proc);
        if (capture.table == "route_cache") { // Linux has had none since 3.6.
          CHECK(capture.status == CaptureStatus::absent);
          continue;
        }
        if (capture.table.starts_with("other_")) { // Nor has this kernel a family of these.
          CHECK_FALSE(was_collected(capture.status));
          continue;
        }
        if (snapshot == &proc && only_netlink.contains(capture.table)) {
          // Where the count of flows is 0, that file alone says that there are none.
          const bool none_tracked = capture.table.starts_with("conntrack") && !name.starts_with("gateway");
          CHECK(was_collected(capture.status) == none_tracked);
          continue;
        }
        // /proc has not every column of interfaces and addresses.
        CHECK((snapshot == &proc ? was_collected(capture.status) : capture.status == CaptureStatus::complete));
        CHECK(capture.rejected == 0);
        rows[capture.table + "/" + (snapshot == &proc ? "proc" : "netlink")] += capture.rows;
      }
      states.merge(states_of(*snapshot));
    }
  }
  for (const char* table : {"socket", "unix_socket", "route", "interface", "address", "multicast_group",
                            "protocol_counter", "sockstat", "process", "user", "service", "packet_socket",
                            "netlink_socket", "neighbour", "sysctl", "softnet", "interface_counter6"}) {
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
