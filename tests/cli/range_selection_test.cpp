// SPDX-License-Identifier: MIT
#include "cli/range_selection.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr std::int64_t minute_ns = std::int64_t{60} * 1'000'000'000;
// 2026-11-21 03:00:00 UTC
constexpr std::int64_t three_ns = 1'795'230'000 * std::int64_t{1'000'000'000};

// gw1 every minute from 03:00 to 03:09 as #1, #3, ... #19; gw2 half a minute later as #2, #4, ... #20.
std::vector<SnapshotEntry> two_gateways() {
  std::vector<SnapshotEntry> entries;
  for (std::int64_t i = 0; i < 20; ++i) {
    SnapshotEntry entry;
    entry.id = SnapshotId(i + 1);
    entry.uid = fmt::format("{:032x}", i + 1);
    entry.info.host = i % 2 == 0 ? "gw1" : "gw2";
    entry.info.machine_id = std::string(32, i % 2 == 0 ? 'a' : 'b');
    entry.info.clocks.realtime_ns = three_ns + i * minute_ns / 2;
    entries.push_back(entry);
  }
  return entries;
}

/// "range 3..7: 3 5 7", as seen on gw1 at 04:00.
std::string select(const RangeRequest& request) {
  SelectorOptions options;
  options.this_host = "gw1";
  options.this_machine_id = std::string(32, 'a');
  options.zone = Zone{"UTC"};
  options.now_ns = three_ns + 60 * minute_ns;
  try {
    const RangeSelection found = select_range(two_gateways(), request, options);
    std::string text = fmt::format("{} {}..{}:",
                                   found.kind == RangeSelection::Kind::pair ? "pair"
                                   : found.each                             ? "each"
                                                                            : "range",
                                   found.before.entry.id.value(), found.after.entry.id.value());
    for (const SnapshotEntry& entry : found.snapshots) {
      text += fmt::format(" {}", entry.id.value());
    }
    return text;
  } catch (const Error& error) {
    return error.what();
  }
}

RangeRequest named(std::vector<std::string> names, bool each = false) {
  RangeRequest request;
  request.snapshots = std::move(names);
  request.each = each;
  return request;
}

RangeRequest around(std::string time, std::string window = "", std::vector<std::string> rest = {}) {
  RangeRequest request;
  request.around = std::move(time);
  request.window = std::move(window);
  request.snapshots = std::move(rest);
  return request;
}

RangeRequest last(std::string length) {
  RangeRequest request;
  request.last = std::move(length);
  return request;
}

} // namespace

TEST_CASE("two names are a pair, one is compared with the latest of its host", "[cli]") {
  CHECK(select(named({})) == "pair 17..19: 17 19");
  CHECK(select(named({"3"})) == "pair 3..19: 3 19");
  CHECK(select(named({"gw2:@first"})) == "pair 2..20: 2 20");
  CHECK(select(named({"7", "3"})) == "pair 7..3: 7 3");
  CHECK(select(named({"gw2:4", "5"})) == "pair 4..5: 4 5");
  CHECK(select(named({"1", "3", "5"})) == "two snapshots are compared: '5' is one too many");
}

TEST_CASE("A..B is everything of one host from A to B", "[cli]") {
  CHECK(select(named({"3..7"})) == "range 3..7: 3 5 7");
  CHECK(select(named({"03:01..03:02:10"})) == "range 3..5: 3 5");
  CHECK(select(named({"gw2:@first..@-8"})) == "range 2..4: 2 4");
  CHECK(select(named({"15.."})) == "range 15..19: 15 17 19");
  CHECK(select(named({"..3"})) == "range 1..3: 1 3");
  CHECK(select(named({"3..3"})) == "range 3..3: 3");
  CHECK(select(named({".."})).find("'..' names no end") == 0);
  CHECK(select(named({"7..3"})).find("#7 is later than #3: a range goes forward") == 0);
  CHECK(select(named({"3..8"})) == "#3 is of gw1 and #8 of gw2: a range is of one host");
}

TEST_CASE("the option --each makes a range of a pair", "[cli]") {
  CHECK(select(named({"3", "7"}, true)) == "each 3..7: 3 5 7");
  CHECK(select(named({"3..7"}, true)) == "each 3..7: 3 5 7");
  CHECK(select(named({"15"}, true)) == "each 15..19: 15 17 19");
}

TEST_CASE("the option --last begins with what was so when the window began", "[cli]") {
  CHECK(select(last("55m")) == "range 11..19: 11 13 15 17 19");
  CHECK(select(last("54m30s")) == "range 11..19: 11 13 15 17 19");
  CHECK(select(last("3h")) == "range 1..19: 1 3 5 7 9 11 13 15 17 19");
  CHECK(select(last("10m"))
        == "gw1 has no snapshot from 2026-11-21 03:50:00 +0000 to 2026-11-21 04:00:00 +0000: the last before it is #19 "
           "of 2026-11-21 03:09:00 +0000");
  CHECK(select(last("x")).find("'x' is no length of time") == 0);
}

TEST_CASE("the window of --around is written in three ways", "[cli]") {
  const std::string found = "range 7..15: 7 9 11 13 15";
  CHECK(select(around("03:05", "2m")) == found);
  CHECK(select(around("03:05", "", {"+-2m"})) == found);
  CHECK(select(around("03:05 +-2m")) == found);
  CHECK(select(around("03:05", "",
                      {"\xc2\xb1"
                       "2m"}))
        == found);
  CHECK(select(around("03:05")) == "range 1..19: 1 3 5 7 9 11 13 15 17 19");
  CHECK(select(around("03:05", "1m", {"+-2m"})).find("--around has two windows") == 0);
  CHECK(select(around("", "1m")).find("--window is the window of --around TIME") == 0);
  CHECK(select(named({"+-2m"})).find("'+-2m' is the window of --around TIME") == 0);
  CHECK(select(around("03:05", "2m", {"3"})).find("--last and --around select all snapshots") == 0);
}

TEST_CASE("the option --host says whose snapshots are meant where a name does not", "[cli]") {
  RangeRequest request = named({});
  request.host = "gw2";
  CHECK(select(request) == "pair 18..20: 18 20");
  request.snapshots = {"03:01..03:03"};
  CHECK(select(request) == "range 2..6: 2 4 6");
  request.snapshots = {"gw1:@first..@-8"};
  CHECK(select(request) == "range 1..3: 1 3");
  request.snapshots.clear();
  request.around = "03:05";
  request.window = "1m";
  CHECK(select(request) == "range 8..12: 8 10 12");
  request.host = "gw3";
  CHECK(select(request).find("the store has no host 'gw3'") == 0);
}

} // namespace hindstat
