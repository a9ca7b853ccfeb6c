// SPDX-License-Identifier: MIT
// What holds for the events of routes, caches, flows, neighbours, rules, nexthops and settings, over random tables.
#include <algorithm>
#include <map>
#include <set>

#include "diff/output.h"
#include "tables/catalog.h"
#include "tables/change_set.h"
#include "tests/diff/diff_fixture.h"
#include "tests/diff/random_flows.h"

using namespace hindstat;

namespace {

constexpr int rounds = 30;
constexpr std::size_t most_rows = 40;

struct TwoTables {
  Table before;
  Table after;
};

std::vector<TwoTables> pairs_under_law(Rng& rng) {
  std::vector<TwoTables> pairs;
  for (const std::string_view name :
       {"route", "route_exception", "route_cache", "conntrack", "conntrack_stat", "table_stat", "interface_counter6",
        "neighbour", "rule", "nexthop", "tcp_metric", "sysctl", "multicast_source"}) {
    for (int round = 0; round < rounds; ++round) {
      Table before = random_table(*find_table_spec(name), rng() % most_rows, rng);
      Table after = mutate(before, rng, 0.3);
      pairs.push_back({std::move(before), std::move(after)});
    }
  }
  for (int round = 0; round < 10 * rounds; ++round) {
    pairs.push_back({random_flows(rng), random_flows(rng)});
    pairs.push_back({random_exceptions(rng), random_exceptions(rng)});
  }
  return pairs;
}

// Both collected every namespace: a missing one is empty.
std::vector<Event> diff_tables(const Table& before, const Table& after, std::int64_t seconds = 10) {
  std::set<std::string> namespaces{""};
  for (const Table* table : {&before, &after}) {
    for (std::size_t row = 0; row < table->size(); ++row) {
      namespaces.emplace(table->find_column("netns")->bytes(row));
    }
  }
  Snapshot a = snapshot_at(0);
  Snapshot b = snapshot_at(seconds);
  for (const auto& [snapshot, table] : {std::pair(&a, &before), std::pair(&b, &after)}) {
    const Capture first = add_table(*snapshot, *table);
    for (const std::string& netns : namespaces) {
      if (!netns.empty()) {
        snapshot->captures.push_back(first);
        snapshot->captures.back().netns = netns;
      }
    }
  }
  return diff_snapshots(a, b, {}).events;
}

Lines all_words(const std::vector<Event>& events) {
  Lines lines;
  for (const Event& event : events) {
    std::string text = in_words(event) + "|" + event.netns + "|" + event.incarnation + "|" + describe_event(event);
    for (const EventChange& change : event.changed) {
      text += "|" + change.column + ":" + change.from.value_or("-") + ">" + change.to.value_or("-");
    }
    lines.push_back(text + "|" + std::string(name_of(severity_of(event))));
  }
  return lines;
}

std::size_t sum(const std::vector<Event>& events, const std::vector<std::string_view>& names) {
  std::size_t all = 0;
  for (const std::string_view name : names) {
    all += count_events(events, name);
  }
  return all;
}

using Names = std::vector<std::string_view>;

// What happens one way is what happens mirrored the other way: kinds on the left become those on the right.
const std::vector<std::pair<Names, Names>> mirrored{
  {{"neigh.added"}, {"neigh.removed"}},
  {{"rule.added"}, {"rule.removed"}},
  {{"nexthop.added"}, {"nexthop.removed"}},
  {{"sysctl.added"}, {"sysctl.removed"}},
  {{"tcpmetric.added"}, {"tcpmetric.removed"}},
  {{"mcast.source_added"}, {"mcast.source_removed"}},
  {{"route.added"}, {"route.removed"}},
  {{"nat.created"}, {"nat.destroyed"}},
  {{"flow.created"}, {"flow.destroyed"}},
  {{"flowcache.created"}, {"flowcache.removed"}},
  // For whatever cause it is forgotten.
  {{"cache.created"}, {"cache.expired", "cache.flushed", "cache.evicted"}},
};

// Kinds that are the same both ways; a flow takes a step, or goes back.
const std::vector<Names> alike{{"nat.replied", "nat.assured", "nat.state", "nat.changed", "nat.recycled",
                                "flow.replied", "flow.assured", "flow.state", "flow.changed", "flow.recycled"},
                               {"nat.rewritten"},
                               {"nat.port_moved"},
                               {"row.counted"},
                               {"cache.pmtu"},
                               {"cache.redirect"},
                               {"cache.changed"},
                               {"cache.refreshed"},
                               {"cache.churn"},
                               {"flowcache.changed"},
                               {"flowcache.churn"},
                               {"route.nexthop"},
                               {"route.ecmp"},
                               {"route.metric"},
                               {"route.replaced"},
                               {"route.attr"},
                               {"route.state"},
                               {"neigh.mac"},
                               {"neigh.state"},
                               {"neigh.router"},
                               {"neigh.changed"},
                               {"neigh.probed"},
                               {"rule.moved"},
                               {"rule.changed"},
                               {"rule.state"},
                               {"nexthop.changed"},
                               {"nexthop.state"},
                               {"sysctl.changed"},
                               {"mcast.source_users"},
                               {"stat.counted"},
                               {"stat.errors"},
                               {"stat.reset"}};

} // namespace

TEST_CASE("flows and caches do not differ from themselves, in whatever order their rows are", "[diff]") {
  Rng rng(11);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    INFO(pair.before.spec().name);
    CHECK(all_words(diff_tables(pair.before, shuffled(pair.before, rng))).empty());
    const Lines expected = all_words(diff_tables(pair.before, pair.after));
    CHECK(all_words(diff_tables(shuffled(pair.before, rng), shuffled(pair.after, rng))) == expected);
  }
}

TEST_CASE("each event of flows and caches is of rows that exist and has the members that are listed", "[diff]") {
  Rng rng(12);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    for (const Event& event : diff_tables(pair.before, pair.after)) {
      INFO(pair.before.spec().name << " " << in_words(event));
      CHECK(event.before_row < static_cast<std::int64_t>(pair.before.size()));
      CHECK(event.after_row < static_cast<std::int64_t>(pair.after.size()));
      CHECK((event.before_row >= 0 || event.after_row >= 0));
      for (const EventField& field : event.fields) {
        CHECK(std::ranges::find(event.spec->fields, field.name) != event.spec->fields.end());
      }
    }
  }
}

TEST_CASE("what happens to flows and caches one way happens mirrored the other way", "[diff]") {
  Rng rng(13);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    const auto forward = diff_tables(pair.before, pair.after);
    const auto backward = diff_tables(pair.after, pair.before, -10);
    INFO(pair.before.spec().name);
    for (const auto& [there, back] : mirrored) {
      INFO(there.front());
      CHECK(sum(forward, there) == sum(backward, back));
      CHECK(sum(forward, back) == sum(backward, there));
    }
    for (const Names& names : alike) {
      INFO(names.front());
      CHECK(sum(forward, names) == sum(backward, names));
    }
  }
}

TEST_CASE("a row that came or went is in exactly one event of its table", "[diff]") {
  Rng rng(14);
  for (const TwoTables& pair : pairs_under_law(rng)) {
    const std::string_view name = pair.before.spec().name;
    if (name != "conntrack" && name != "route_exception" && name != "neighbour" && name != "rule"
        && name != "nexthop") {
      continue;
    }
    const auto events = diff_tables(pair.before, pair.after);
    const Pairing pairing = pair_rows(pair.before, pair.after);
    const auto count = [&](std::int64_t row, std::int64_t Event::*side) {
      return std::ranges::count_if(events, [&](const Event& event) {
        return event.*side == row && event.spec->sigil != '#'; // Summaries borrow a row.
      });
    };
    for (std::uint32_t row = 0; row < pair.before.size(); ++row) {
      INFO(name << " row " << row << " of A");
      CHECK((pairing.after_of[row] != Pairing::none || count(row, &Event::before_row) == 1));
    }
    for (std::uint32_t row = 0; row < pair.after.size(); ++row) {
      INFO(name << " row " << row << " of B");
      CHECK((pairing.before_of[row] != Pairing::none || count(row, &Event::after_row) == 1));
    }
  }
}
