// SPDX-License-Identifier: MIT
#include "report/rows_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/table_text.h"
#include "tables/catalog.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

std::vector<nlohmann::json> parse_rows(const Table& table) {
  std::vector<nlohmann::json> rows;
  write_rows_json(table, rows_by_key(table), [&](std::string_view line) {
    REQUIRE(line.ends_with('\n'));
    rows.push_back(nlohmann::json::parse(line));
  });
  return rows;
}

Process process(std::uint32_t pid, const char* comm) {
  Process made;
  made.pid = pid;
  made.comm = comm;
  return made;
}

} // namespace

TEST_CASE("a row is an object with its table and the columns of the catalog", "[report]") {
  const auto rows = parse_rows(made_table(processes, {process(9, "nginx"), process(7, "a\"b\n\xff")}));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["table"] == "process");
  CHECK(rows[0]["pid"] == 7);
  CHECK(rows[0]["comm"] == "a\"b\n\xEF\xBF\xBD");
  CHECK(rows[0]["exe"].is_null());
  CHECK(rows[1]["pid"] == 9);
  for (const ColumnSpec& column : processes.spec().columns) {
    CHECK(rows[0].contains(std::string(column.name)));
  }
}

TEST_CASE("a column called table does not hide which table the row is of", "[report]") {
  Route route;
  route.table = 100;
  const auto rows = parse_rows(made_table(routes, {route}));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["table"] == "route");
  CHECK(rows[0]["route_table"] == 100);
  const auto capture = nlohmann::json::parse(format_capture_json(made_capture("route", CaptureStatus::partial, "why")));
  CHECK(capture["table"] == "capture");
  CHECK(capture["capture_table"] == "route");
  CHECK(capture["status"] == "partial");
  CHECK(capture["detail"] == "why");
}

TEST_CASE("no table of the catalog has two columns of one name in its JSON", "[report]") {
  for (const TableSpec& spec : catalog()) {
    for (const ColumnSpec& column : spec.columns) {
      INFO(spec.name << '.' << column.name);
      CHECK(column.name != std::string(spec.name) + "_table");
    }
  }
}

TEST_CASE("any table is text with the columns that hold something", "[report]") {
  Snapshot snapshot = empty_snapshot();
  Process hostile = process(7, "a\x1b[2J");
  hostile.unit = "ssh.service";
  add_table(snapshot, processes, {process(10, "nginx"), hostile});
  CHECK(format_table(snapshot, "process")
        == "process: 2 rows\n"
           "pid  comm      unit         fd_count\n"
           "  7  a\\x1b[2J  ssh.service         0\n"
           " 10  nginx                         0\n");
}

TEST_CASE("an empty table and one that was not collected are told apart", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK(format_table(snapshot, "route") == "route: not collected: not in this snapshot\n");
  add_table(snapshot, routes, {});
  CHECK(format_table(snapshot, "route") == "route: no rows\n");
  snapshot.captures.front().status = CaptureStatus::denied;
  snapshot.captures.front().detail = "needs root";
  snapshot.tables.clear();
  CHECK(format_table(snapshot, "route") == "route: not collected: denied: needs root\n");
}

} // namespace hindstat
