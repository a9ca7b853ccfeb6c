// SPDX-License-Identifier: MIT
#include "cli/listing.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "cli/notes.h"
#include "cli/sizes.h"
#include "store/gap_file.h"
#include "store/keeper.h"
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
  std::istringstream lines(format_listing(store, Zone{"UTC"}).text);
  std::string header;
  std::string first;
  std::string second;
  std::string none;
  std::getline(lines, header);
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK_FALSE(std::getline(lines, none));
  // Of the tables with a column of their own the store has one.
  CHECK(header == "id  time                       host        rows   size  blocks   route  not complete");
  CHECK(first.starts_with("#1  2023-11-14 22:13:20 +0000  gw1            2  "));
  CHECK(first.ends_with(" B       1       -"));
  CHECK(second.starts_with("#2  2023-11-14 22:14:20 +0000  gw2\\x1b[2J     3  "));
  CHECK(second.ends_with(" B       1  denied  denied: route"));
}

TEST_CASE("the listing as JSON Lines has one object a snapshot", "[cli]") {
  const TemporaryDirectory directory;
  fill(directory.file("a.db"));
  const Store store(directory.file("a.db"));
  std::istringstream lines(format_listing_json(store).text);
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

TEST_CASE("marks, pins and gaps are below the listing, and lines of their own in its JSON", "[cli]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  fill(path);
  const std::int64_t moment = made_snapshot({}).info.clocks.realtime_ns;
  {
    StoreKeeper keeper(path);
    keeper.mark({"", "gw1", "0123456789abcdef0123456789abcdef", moment, moment, "deploy\x1b[2J"});
    const std::vector<SnapshotId> ids{SnapshotId(1)};
    keeper.pin(ids, "INC-1", moment);
  }
  REQUIRE(note_gap(path, {"gw1", "", Obstacle::full, moment, moment, 3}));
  const Store store(path);
  const std::string text = format_listing(store, Zone{"UTC"}).text;
  CHECK(text.find("\n\nmarks\n2023-11-14 22:13:20 +0000  gw1  deploy\\x1b[2J\n") != std::string::npos);
  CHECK(text.find("\n\npinned\n#1  gw1  2023-11-14 22:13:20 +0000  INC-1\n") != std::string::npos);
  CHECK(text.find("\n\ngaps\n") != std::string::npos);
  CHECK(text.find("gw1  3 recordings could not be stored: the disk was full\n") != std::string::npos);
  std::istringstream lines(format_listing_json(store).text);
  std::vector<std::string> kinds;
  for (std::string line; std::getline(lines, line);) {
    const auto object = nlohmann::json::parse(line);
    kinds.push_back(object["kind"]);
    CHECK(object.contains("pin") == (kinds.size() == 1));
  }
  CHECK(kinds == std::vector<std::string>{"snapshot", "snapshot", "mark", "gap"});
  const SnapshotInfo info = store.list().front().info;
  CHECK(marks_between(store.notes(), info, moment, moment).size() == 1);
  CHECK(marks_between(store.notes(), info, moment + 1, moment + 2).empty());
  CHECK(marks_between(store.notes(), store.list().back().info, moment, moment).empty());
}

TEST_CASE("sizes are read with their units, and nothing else is", "[cli]") {
  CHECK(parse_size("850") == 850);
  CHECK(parse_size("2G") == 2'000'000'000);
  CHECK(parse_size("1.5kB") == 1500);
  CHECK(parse_size("512MiB") == 536'870'912);
  CHECK(parse_size("1Ti") == 1'099'511'627'776);
  for (const char* wrong : {"", "G", "2Q", "-1", "0", "1e3", "2 G", "nan", "inf", "9999999999T", "2Gx", "1iB"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_size(wrong), Error);
  }
  CHECK(format_size(850) == "850 B");
  CHECK(format_size(2100) == "2.1 kB");
  CHECK(format_size(999'960) == "1.0 MB");
  CHECK(format_size(2'000'000'000) == "2.0 GB");
}

} // namespace hindstat
