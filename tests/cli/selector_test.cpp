// SPDX-License-Identifier: MIT
#include "cli/selector.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr std::int64_t second = 1'000'000'000;
// 2026-11-21 03:00:00 UTC
constexpr std::int64_t three = 1'795'230'000 * second;
const std::string gw1_id = "1111aaaa22223333444455556666777f";
const std::string gw2_id = "2222bbbb22223333444455556666777f";

SnapshotEntry entry(std::int64_t id, const std::string& host, const std::string& machine_id, std::int64_t at) {
  SnapshotEntry made;
  made.id = SnapshotId(id);
  made.uid = fmt::format("{:02x}cd{:028x}", id, 7);
  made.info.host = host;
  made.info.machine_id = machine_id;
  made.info.clocks.realtime_ns = at;
  return made;
}

// gw1 every minute from 03:00 to 03:09 as #1, #3, ... #19; gw2 half a minute later as #2, #4, ... #20.
std::vector<SnapshotEntry> two_gateways() {
  std::vector<SnapshotEntry> entries;
  for (std::int64_t i = 0; i < 10; ++i) {
    entries.push_back(entry(2 * i + 1, "gw1", gw1_id, three + i * 60 * second));
  }
  for (std::int64_t i = 0; i < 10; ++i) {
    entries.push_back(entry(2 * i + 2, "gw2", gw2_id, three + (i * 60 + 30) * second));
  }
  return entries;
}

SelectorOptions on_gw1() {
  SelectorOptions options;
  options.this_host = "gw1";
  options.this_machine_id = gw1_id;
  options.zone = Zone{"UTC"};
  options.now_ns = three + 3600 * second;
  return options;
}

std::int64_t pick(std::string_view selector, const SelectorOptions& options = on_gw1(),
                  const std::vector<SnapshotEntry>& entries = two_gateways()) {
  return select_snapshot(entries, selector, options).entry.id.value();
}

std::string refusal(std::string_view selector, const SelectorOptions& options = on_gw1(),
                    const std::vector<SnapshotEntry>& entries = two_gateways()) {
  try {
    return fmt::format("found #{}", pick(selector, options, entries));
  } catch (const Error& error) {
    return error.what();
  }
}

} // namespace

TEST_CASE("positions count on this machine's snapshots", "[cli]") {
  CHECK(pick("@latest") == 19);
  CHECK(pick("@first") == 1);
  CHECK(pick("@-1") == 17);
  CHECK(pick("@-0") == 19);
  CHECK(pick("@-9") == 1);
  CHECK(pick("gw2:@latest") == 20);
  CHECK(pick("gw2:@-1") == 18);
  CHECK(refusal("@-10") == "there is no snapshot @-10: gw1 has 10");
  CHECK(refusal("@lates").find("'@lates' is no position") == 0);
  CHECK(refusal("@-").find("'@-' is no position") == 0);
  CHECK(refusal("gw2:@newest").find("'@newest' is no position") == 0);
}

TEST_CASE("numbers and uids select in the whole store", "[cli]") {
  CHECK(pick("7") == 7);
  CHECK(pick("#7") == 7);
  CHECK(pick("8") == 8);
  CHECK(pick("gw2:8") == 8);
  CHECK(pick("uid:08cd") == 8);
  CHECK(pick("uid:08CD") == 8);
  CHECK(pick("gw2:uid:08cd") == 8);
  CHECK(refusal("99") == "there is no snapshot #99: the store's 20 lie between #1 and #20");
  CHECK(refusal("gw1:8") == "snapshot #8 is of gw2, not of gw1");
  CHECK(refusal("uid:ff") == "no snapshot's uid begins with ff");
  CHECK(refusal("uid:0") == "the uids of several snapshots begin with 0, such as #1, #3, #5, #7 and #9");
  CHECK(refusal("uid:xyz").find("'uid:xyz' is no uid") == 0);
}

TEST_CASE("a time takes the last snapshot at or before it", "[cli]") {
  CHECK(pick("2026-11-21 03:05") == 11);
  CHECK(pick("2026-11-21 03:05:59") == 11);
  CHECK(pick("03:05") == 11);
  CHECK(pick("gw2:03:05") == 10);
  CHECK(pick("gw2:2026-11-21T03:05:30") == 12);
  CHECK(pick("1795230000") == 1);
  CHECK(pick("55 min ago") == 11);
  const Selected selected = select_snapshot(two_gateways(), "03:05:10", on_gw1());
  CHECK(selected.asked_ns == three + 310 * second);
  CHECK(selected.warning.empty());
  CHECK(refusal("02:59")
        == "gw1 has no snapshot at or before 2026-11-21 02:59:00 +0000: its first is #1 of 2026-11-21 03:00:00 +0000");
}

TEST_CASE("with --nearest and --after a time takes another snapshot", "[cli]") {
  SelectorOptions options = on_gw1();
  options.match = TimeMatch::nearest;
  CHECK(pick("03:05:20", options) == 11);
  CHECK(pick("03:05:30", options) == 11);
  CHECK(pick("03:05:31", options) == 13);
  CHECK(pick("02:00", options) == 1);
  CHECK(pick("03:50", options) == 19);
  options.match = TimeMatch::after;
  CHECK(pick("03:05:20", options) == 13);
  CHECK(pick("03:05", options) == 11);
  CHECK(pick("02:00", options) == 1);
  CHECK(refusal("03:10", options)
        == "gw1 has no snapshot at or after 2026-11-21 03:10:00 +0000: its last is #19 of 2026-11-21 03:09:00 +0000");
}

TEST_CASE("a snapshot far from the time asked for is warned about, or refused with --max-gap", "[cli]") {
  SelectorOptions options = on_gw1();
  CHECK(select_snapshot(two_gateways(), "03:11", options).warning.empty());
  CHECK(select_snapshot(two_gateways(), "03:12", options).warning
        == "snapshot #19 is 3 min before 2026-11-21 03:12:00 +0000, and gw1 is usually recorded every 60.0 s");
  options.max_gap_ns = 90 * second;
  CHECK(pick("03:10", options) == 19);
  CHECK(refusal("03:12", options)
        == "snapshot #19 is 3 min before 2026-11-21 03:12:00 +0000, more than --max-gap 90.0 s");
}

TEST_CASE("without a host this machine is meant, then the only one, else it is an error", "[cli]") {
  SelectorOptions elsewhere = on_gw1();
  elsewhere.this_host = "laptop";
  elsewhere.this_machine_id = "9999";
  CHECK(refusal("@latest", elsewhere) == "the store has 2 hosts, write HOST:SNAPSHOT with one of gw1 and gw2");
  CHECK(pick("gw1:@latest", elsewhere) == 19);
  CHECK(pick("7", elsewhere) == 7);
  const std::vector<SnapshotEntry> one{entry(5, "gw2", gw2_id, three)};
  CHECK(pick("@latest", elsewhere, one) == 5);
  SelectorOptions renamed = on_gw1();
  renamed.this_host = "renamed";
  CHECK(pick("@latest", renamed) == 19);
  SelectorOptions without_id = on_gw1();
  without_id.this_machine_id.clear();
  CHECK(pick("@latest", without_id) == 19);
}

TEST_CASE("one machine under several labels is told apart by its name", "[cli]") {
  const std::vector<SnapshotEntry> labels{entry(1, "client", gw1_id, three), entry(2, "server", gw1_id, three)};
  CHECK(refusal("@latest", on_gw1(), labels)
        == "the store has 2 hosts, write HOST:SNAPSHOT with one of client and server");
  CHECK(pick("server:@latest", on_gw1(), labels) == 2);
  SelectorOptions options = on_gw1();
  options.this_host = "client";
  CHECK(pick("@latest", options, labels) == 1);
}

TEST_CASE("a host is a name or the beginning of a machine id", "[cli]") {
  CHECK(pick("2222bb:@latest") == 20);
  CHECK(pick("2222BBBB:03:05") == 10);
  CHECK(refusal("2222b:@latest") == "the store has no host '2222b': it has gw1 and gw2");
  CHECK(refusal("gw3:@latest") == "the store has no host 'gw3': it has gw1 and gw2");
  const std::vector<SnapshotEntry> reinstalled{entry(1, "gw1", gw1_id, three), entry(2, "gw1", gw2_id, three)};
  CHECK(refusal("gw1:@latest", on_gw1(), reinstalled)
        == "'gw1' are 2 hosts: gw1 (1111aaaa2222) and gw1 (2222bbbb2222); write a machine id or a snapshot's number "
           "instead");
  CHECK(pick("2222bbbb2222:@latest", on_gw1(), reinstalled) == 2);
  CHECK(pick("@latest", on_gw1(), reinstalled) == 1);
}

TEST_CASE("the order of time decides, not the order in the store", "[cli]") {
  const std::vector<SnapshotEntry> shuffled{entry(1, "gw1", gw1_id, three + 60 * second),
                                            entry(2, "gw1", gw1_id, three),
                                            entry(3, "gw1", gw1_id, three + 60 * second)};
  CHECK(pick("@first", on_gw1(), shuffled) == 2);
  CHECK(pick("@latest", on_gw1(), shuffled) == 3);
  CHECK(pick("@-1", on_gw1(), shuffled) == 1);
}

TEST_CASE("a moment centuries away is refused like any other", "[cli]") {
  CHECK(refusal("gw1:1724-02-29").find("gw1 has no snapshot at or before 1724-02-29") == 0);
}

TEST_CASE("what selects nothing is one sentence", "[cli]") {
  CHECK(refusal("").find("'' selects nothing") == 0);
  CHECK(refusal("gw1").find("'gw1' selects nothing") == 0);
  CHECK(refusal("gw1:").find("'gw1:' selects nothing") == 0);
  CHECK(refusal("gw1:never").find("'gw1:never' selects nothing") == 0);
  CHECK(refusal("04:30") == "04:30 today is in the future; did you mean 'yesterday 04:30'?");
  CHECK(refusal("gw2:04:30") == "04:30 today is in the future; did you mean 'yesterday 04:30'?");
  CHECK(refusal("@latest", on_gw1(), {}) == "the store holds no snapshots yet");
}

} // namespace hindstat
