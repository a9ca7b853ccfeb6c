// SPDX-License-Identifier: MIT
#include "cli/listing.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tables/process.h"
#include "tables/route.h"
#include "tests/store/made.h"

namespace hindstat {

namespace {

Snapshot processes_at(int minute, std::vector<std::uint32_t> pids) {
  Table table(processes.spec());
  for (const std::uint32_t pid : pids) {
    Process process;
    process.pid = pid;
    process.comm = "nginx";
    processes.append(table, process);
  }
  return made_snapshot({table}, minute);
}

// Two snapshots; in the second the routes were denied, under a hostile host name.
void fill(const std::string& path) {
  StoreWriter writer(path);
  CHECK(writer.append(processes_at(0, {1, 2})).value() == 1);
  Snapshot second = processes_at(1, {1, 2, 3});
  second.info.host = "gw2\x1b[2J";
  Capture denied;
  denied.table = routes.name();
  denied.status = CaptureStatus::denied;
  denied.detail = "needs root";
  second.captures.push_back(denied);
  CHECK(writer.append(second).value() == 2);
}

} // namespace

TEST_CASE("the listing has a line for each snapshot with rows, bytes and what is not complete", "[cli]") {
  const TemporaryDirectory directory;
  fill(directory.file("a.db"));
  const Store store(directory.file("a.db"));
  std::istringstream lines(format_listing(store, Zone{"UTC"}));
  std::string header;
  std::string first;
  std::string second;
  std::string none;
  std::getline(lines, header);
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK_FALSE(std::getline(lines, none));
  CHECK(header.find("process") < header.find("route"));
  CHECK(first.starts_with("#1  gw1"));
  CHECK(first.find("2023-11-14 22:13:20 +0000        2       -") != std::string::npos);
  CHECK(second.starts_with("#2  gw2\\x1b[2J"));
  CHECK(second.find("2023-11-14 22:14:20 +0000        3  denied") != std::string::npos);
  CHECK(second.ends_with("  route: denied: needs root"));
}

TEST_CASE("the listing as JSON Lines has one object a snapshot", "[cli]") {
  const TemporaryDirectory directory;
  fill(directory.file("a.db"));
  const Store store(directory.file("a.db"));
  std::istringstream lines(format_listing_json(store));
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(nlohmann::json::parse(line));
  }
  REQUIRE(objects.size() == 2);
  CHECK(objects[0]["id"] == 1);
  CHECK(objects[0]["uid"].get<std::string>().size() == 32);
  CHECK(objects[0]["host"] == "gw1");
  CHECK(objects[0]["kernel"] == "6.1.0-27-amd64");
  CHECK(objects[0]["time"] == "2023-11-14T22:13:20.000Z");
  CHECK(objects[0]["took_ms"] == 31.0);
  CHECK(objects[0]["blocks"] == 1);
  CHECK(objects[0]["bytes"].get<int>() > 0);
  CHECK(objects[0]["tables"]["process"]["rows"] == 2);
  CHECK(objects[0]["tables"]["process"]["status"] == "complete");
  CHECK(objects[1]["host"] == "gw2\x1b[2J");
  CHECK(objects[1]["tables"]["route"]["status"] == "denied");
  CHECK(objects[1]["tables"]["route"]["detail"] == "needs root");
}

} // namespace hindstat
