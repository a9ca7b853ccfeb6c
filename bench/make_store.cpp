// SPDX-License-Identifier: MIT
// Makes a store of generated snapshots of a busy server, a minute apart: what bench/diff.py measures the tools with.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/codec_traffic.h"
#include "store/store.h"
#include "tables/process.h"

namespace {

using namespace hindstat;

Snapshot next_snapshot(BusyServer& server, double churn, int minute) {
  if (minute > 0) {
    server.step(churn);
  }
  Snapshot snapshot;
  snapshot.info = made_info(60 * minute);
  snapshot.tables.push_back(server.table());
  for (const Table& table : snapshot.tables) {
    Capture capture;
    capture.table = table.spec().name;
    capture.source = "netlink";
    capture.coverage = "tcp=netlink tcp6=netlink owners=complete";
    capture.rows = static_cast<std::uint32_t>(table.size());
    snapshot.captures.push_back(std::move(capture));
  }
  return snapshot;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: make_store FILE SOCKETS SNAPSHOTS CHURN_PERCENT\n");
    return 2;
  }
  try {
    BusyServer server(std::stoul(argv[2]), 7);
    StoreWriter writer(argv[1]);
    const int snapshots = std::stoi(argv[3]);
    const double churn = std::stod(argv[4]) / 100;
    for (int minute = 0; minute < snapshots; ++minute) {
      writer.append(next_snapshot(server, churn, minute));
    }
  } catch (const std::exception& e) {
    fmt::print(stderr, "make_store: {}\n", e.what());
    return 2;
  }
  return 0;
}
