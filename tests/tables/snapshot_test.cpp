// SPDX-License-Identifier: MIT
#include "tables/snapshot.h"

#include <catch2/catch.hpp>

#include "tables/network_namespace.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tables/socket_owner.h"

using namespace hindstat;

namespace {

Capture capture_of(std::string_view table, std::string netns) {
  Capture capture;
  capture.table = table;
  capture.netns = std::move(netns);
  return capture;
}

// Routes of three namespaces, of which blue has none; processes of the machine; and a namespace that was not read.
Snapshot three_namespaces() {
  Snapshot snapshot;
  TableBuilder route_rows(routes);
  for (const char* netns : {"", "red", "red"}) {
    Route route;
    route.netns = netns;
    route.metric = static_cast<std::uint32_t>(route_rows.size());
    route_rows.add(route);
  }
  TableBuilder owners(socket_owners);
  owners.add({"", 1, 2, 3});
  owners.add({"red", 4, 5, 6});
  TableBuilder process_rows(processes);
  process_rows.add({});
  TableBuilder namespaces(network_namespaces);
  namespaces.add({"", 1, {}, {}, true});
  namespaces.add({"red", 2, "red", {}, false});
  snapshot.tables.push_back(std::move(route_rows).build());
  snapshot.tables.push_back(std::move(owners).build());
  snapshot.tables.push_back(std::move(process_rows).build());
  snapshot.tables.push_back(std::move(namespaces).build());
  for (const char* netns : {"", "blue", "red"}) {
    snapshot.captures.push_back(capture_of("route", netns));
  }
  for (const char* table : {"socket_owner", "process", "network_namespace"}) {
    snapshot.captures.push_back(capture_of(table, ""));
  }
  snapshot.captures.push_back(capture_of("network_namespace", "gone"));
  return snapshot;
}

std::size_t rows(const Snapshot& snapshot, std::string_view table) {
  const Table* found = snapshot.find_table(table);
  return found != nullptr ? found->size() : 0;
}

} // namespace

TEST_CASE("a snapshot seen from one namespace holds its rows and what is of the whole machine", "[tables]") {
  const std::vector<std::string> own{""};
  const Snapshot seen = only_namespaces(three_namespaces(), own);
  CHECK(rows(seen, "route") == 1);
  CHECK(rows(seen, "socket_owner") == 1);
  CHECK(rows(seen, "process") == 1);
  CHECK(rows(seen, "network_namespace") == 2);
  CHECK(recorded_namespaces(seen) == own);

  const std::vector<std::string> red{"red"};
  const Snapshot other = only_namespaces(three_namespaces(), red);
  CHECK(rows(other, "route") == 2);
  CHECK(rows(other, "socket_owner") == 1);
  CHECK(rows(other, "process") == 1);
  CHECK(other.find_capture("route") == nullptr);
  CHECK(other.find_capture("route", "red") != nullptr);
  CHECK(other.find_capture("process") != nullptr);
}

TEST_CASE("an empty table of a namespace stays collected, that of one not read does not appear", "[tables]") {
  const std::vector<std::string> blue{"blue"};
  const Snapshot empty = only_namespaces(three_namespaces(), blue);
  REQUIRE(empty.find_table("route") != nullptr);
  CHECK(rows(empty, "route") == 0);
  CHECK(empty.find_capture("route", "blue") != nullptr);

  const std::vector<std::string> gone{"gone"};
  const Snapshot unread = only_namespaces(three_namespaces(), gone);
  CHECK(unread.find_table("route") == nullptr);
  CHECK(unread.find_capture("route") == nullptr);
  CHECK(unread.find_capture("network_namespace", "gone") != nullptr);
}

TEST_CASE("the namespaces of a snapshot are those that have a capture", "[tables]") {
  CHECK(recorded_namespaces(three_namespaces()) == std::vector<std::string>{"", "blue", "gone", "red"});
}
