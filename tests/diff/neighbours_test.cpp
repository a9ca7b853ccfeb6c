// SPDX-License-Identifier: MIT
#include "diff/neighbours.h"

#include "diff/output.h"
#include "tables/interface.h"
#include "tables/neighbour.h"
#include "tests/diff/diff_fixture.h"

using namespace hindstat;

namespace {

Neighbour neighbour(const char* address, const char* link, NeighbourResolution resolution,
                    const char* interface = "eth0") {
  Neighbour row;
  row.interface = interface;
  row.address = ip(address);
  if (link != nullptr) {
    row.link_address = link;
  }
  row.resolution = resolution;
  row.flags = FlagSet<NeighbourFlag>(0);
  return row;
}

Diff diff_of(const std::vector<Neighbour>& before, const std::vector<Neighbour>& after,
             const std::vector<Route>& of_routes = {}) {
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  for (const auto& [snapshot, rows] : {std::pair(&a, &before), std::pair(&b, &after)}) {
    add_table(*snapshot, make_table(neighbours, *rows));
    add_table(*snapshot, make_table(routes, of_routes));
  }
  return diff_snapshots(a, b, {{"neighbour"}, {}});
}

constexpr auto resolved = NeighbourResolution::resolved;
constexpr auto failed = NeighbourResolution::failed;
const Neighbour router = neighbour("10.0.0.1", "02:00:00:00:00:01", resolved);
const Route gateway = route_to("0.0.0.0", 0, "10.0.0.1", "eth0");

} // namespace

TEST_CASE("another link-layer address of a neighbour is a warning that says what goes by it", "[diff]") {
  const auto events = diff_of({router}, {neighbour("10.0.0.1", "02:00:00:00:00:99", resolved)},
                              {route_to("10.9.0.0", 16, "10.0.0.1", "eth0"), gateway})
                        .events;
  REQUIRE(in_words(events)
          == Lines{"neigh.mac 10.0.0.1 dev eth0 old=02:00:00:00:00:01 new=02:00:00:00:00:99 next_hop_of=default"});
  CHECK(severity_of(events[0]) == Severity::warn);
  CHECK(describe_event(events[0]) == "02:00:00:00:00:01 -> 02:00:00:00:00:99, next hop of default");
}

TEST_CASE("a neighbour that is lost is louder when a route goes by it", "[diff]") {
  const Neighbour lost = neighbour("10.0.0.1", nullptr, failed);
  const auto alone = diff_of({router}, {lost}).events;
  REQUIRE(in_words(alone) == Lines{"neigh.state 10.0.0.1 dev eth0 from=resolved to=failed"});
  CHECK(severity_of(alone[0]) == Severity::info);
  const auto gone = diff_of({router}, {lost}, {gateway}).events;
  REQUIRE(in_words(gone) == Lines{"neigh.state 10.0.0.1 dev eth0 from=resolved to=failed next_hop_of=default"});
  CHECK(severity_of(gone[0]) == Severity::warn);
  CHECK(gone[0].changed.size() == 2); // The link-layer address belongs to it.
  CHECK(severity_of(diff_of({lost}, {router}, {gateway}).events.at(0)) == Severity::note);
}

TEST_CASE("neighbours come, go and are looked for quietly", "[diff]") {
  const Diff diff =
    diff_of({router, neighbour("10.0.0.5", nullptr, NeighbourResolution::incomplete)},
            {neighbour("10.0.0.5", nullptr, failed), neighbour("10.0.0.6", "02:00:00:00:00:06", resolved)});
  CHECK(in_words(diff.events)
        == Lines{"neigh.probed 10.0.0.5 dev eth0 from=incomplete to=failed",
                 "neigh.added 10.0.0.6 dev eth0 link_address=02:00:00:00:00:06",
                 "neigh.removed 10.0.0.1 dev eth0 link_address=02:00:00:00:00:01"});
  CHECK_FALSE(has_differences(diff));
}

TEST_CASE("a router that became a host is said", "[diff]") {
  Neighbour before = router;
  before.flags->set(NeighbourFlag::router);
  const auto events = diff_of({before}, {router}).events;
  REQUIRE(in_words(events) == Lines{"neigh.router 10.0.0.1 dev eth0 from=router to=host"});
  CHECK(severity_of(events[0]) == Severity::warn);
}

TEST_CASE("neighbours of a renamed interface are the same ones", "[diff]") {
  Interface eth0;
  eth0.name = "eth0";
  eth0.ifindex = 2;
  Interface wan0 = eth0;
  wan0.name = "wan0";
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(60);
  add_table(a, make_table(interfaces, {eth0}));
  add_table(b, make_table(interfaces, {wan0}));
  Neighbour moved = router;
  moved.interface = "wan0";
  add_table(a, make_table(neighbours, {router}));
  add_table(b, make_table(neighbours, {moved}));
  CHECK(in_words(diff_snapshots(a, b, {}).events) == Lines{"if.renamed wan0 from=eth0 to=wan0"});
}
