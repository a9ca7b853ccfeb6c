// SPDX-License-Identifier: MIT
#include "diff/rows.h"

#include "tables/network_namespace.h"
#include "tables/socket_owner.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

struct Sample {
  std::string netns;
  std::string name;
  std::uint32_t index = 0;
  bool up = false;
  std::int32_t level = 0;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> expires;
  std::string remark;
};

constexpr auto samples = define_table<Sample>(
  "sample", "Rows that were made up.", field<&Sample::netns>("netns", Role::key, "Namespace."),
  field<&Sample::name>("name", Role::key, "Name."), field<&Sample::index>("index", Role::incarnation, "Index."),
  field<&Sample::up>("up", Role::state, "Up."), field<&Sample::level>("level", Role::gauge, "Level."),
  field<&Sample::bytes>("bytes", Role::counter, "Bytes."), field<&Sample::expires>("expires", Role::timer, "Expiry."),
  field<&Sample::remark>("remark", Role::note, "Remark."));

Sample sample(std::int32_t level = 100, std::uint64_t bytes = 1000, std::uint32_t index = 7) {
  Sample row;
  row.name = "eth0";
  row.index = index;
  row.level = level;
  row.bytes = bytes;
  return row;
}

std::vector<Event> diff_samples(const std::vector<Sample>& before, const std::vector<Sample>& after,
                                bool same_boot = true) {
  const Table a = make_table(samples, before);
  const Table b = make_table(samples, after);
  return diff_rows(ComparedTable{SideRows(a), SideRows(b)}, same_boot);
}

} // namespace

TEST_CASE("rows of a table without rules of its own are added and removed", "[diff]") {
  const auto added = diff_samples({}, {sample()});
  REQUIRE(in_words(added) == Lines{"row.added eth0"});
  REQUIRE(added[0].changed.size() == 1);
  CHECK(added[0].changed[0].column == "up");
  CHECK_FALSE(added[0].changed[0].from.has_value());
  const auto removed = diff_samples({sample()}, {});
  REQUIRE(in_words(removed) == Lines{"row.removed eth0"});
  CHECK_FALSE(removed[0].changed[0].to.has_value());
}

TEST_CASE("states change, notes and timers never", "[diff]") {
  Sample after = sample();
  after.expires = 5;
  after.remark = "x";
  CHECK(diff_samples({sample()}, {after}).empty());
  after.up = true;
  const auto events = diff_samples({sample()}, {after});
  REQUIRE(in_words(events) == Lines{"row.changed eth0"});
  CHECK(events[0].changed.size() == 1);
}

TEST_CASE("a gauge changes by more than 8 and by more than half", "[diff]") {
  CHECK(diff_samples({sample(10)}, {sample(18)}).empty());
  CHECK(diff_samples({sample(10)}, {sample(19)}).size() == 1);
  CHECK(diff_samples({sample(100)}, {sample(150)}).empty());
  CHECK(diff_samples({sample(100)}, {sample(151)}).size() == 1);
  CHECK(diff_samples({sample(100)}, {sample(-2'147'483'647)}).size() == 1);
  CHECK(diff_samples({sample(-2'147'483'647)}, {sample(2'147'483'647)}).size() == 1);
}

TEST_CASE("a counter gives what was counted and is never negative", "[diff]") {
  const auto counted = diff_samples({sample(1, 1000)}, {sample(1, 1500)});
  REQUIRE(in_words(counted) == Lines{"row.counted eth0 deltas=bytes +500"});
  CHECK(counted[0].spec->hidden);
  const auto restarted = diff_samples({sample(1, 1000)}, {sample(1, 10)});
  REQUIRE(in_words(restarted) == Lines{"row.changed eth0"});
  CHECK(restarted[0].why == Lines{"bytes started again"});
  CHECK(diff_samples({sample(1, 1000)}, {sample(1, 10)}, false).empty());
}

TEST_CASE("the same name with another incarnation is another object", "[diff]") {
  CHECK(in_words(diff_samples({sample(1, 1, 7)}, {sample(1, 1, 8)})) == Lines{"row.removed eth0", "row.added eth0"});
  CHECK(diff_samples({sample(1, 1, 7)}, {sample(1, 1, 0)}).empty()); // 0 is unknown.
  CHECK(diff_samples({sample(1, 1, 7)}, {sample(1, 1, 8)}, false).empty());
}

TEST_CASE("the key of several columns names them", "[diff]") {
  const Table none = make_table(socket_owners, {});
  SocketOwner owner;
  owner.netns = "blue";
  owner.inode = 5;
  owner.pid = 6;
  owner.fd = 7;
  const Table one = make_table(socket_owners, {owner});
  const auto events = diff_rows(ComparedTable{SideRows(none), SideRows(one)}, true);
  REQUIRE(events.size() == 1);
  CHECK(events[0].key == "inode 5 pid 6 fd 7");
  CHECK(events[0].netns == "blue");
}
