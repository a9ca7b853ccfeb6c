// SPDX-License-Identifier: MIT
#include "diff/neighbours.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "diff/interface_rows.h"
#include "diff/route_object.h"
#include "diff/row_events.h"
#include "tables/neighbour.h"

namespace hindstat {

namespace {

constexpr std::size_t link_column = neighbours.index_of<&Neighbour::link_address>();
constexpr std::size_t resolution_column = neighbours.index_of<&Neighbour::resolution>();
constexpr std::size_t flags_column = neighbours.index_of<&Neighbour::flags>();

Neighbour row_of(const Table& table, std::uint32_t row) {
  return neighbours.row(table, row);
}

bool is_known(const Neighbour& row) {
  return row.resolution == NeighbourResolution::resolved || row.resolution == NeighbourResolution::permanent;
}

bool is_router(const Neighbour& row) {
  return row.flags && row.flags->has(NeighbourFlag::router);
}

class NeighbourDiffer {
public:
  NeighbourDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table) {
  }

  TableDiff run() {
    RowMatch match = match_rows(table_, context_.same_boot);
    for (const RowPair& pair :
         pair_renamed<Neighbour>(match, before_, after_, context_.renames, row_of,
                                 [](const Neighbour& row) { return std::pair(row.address, row.proxy); })) {
      compare(pair);
    }
    for (const RowPair& pair : match.changed) {
      compare(pair);
    }
    for (const std::uint32_t row : match.removed) {
      alone(rows_.removed("neigh.removed", row), row_of(before_, row));
    }
    for (const std::uint32_t row : match.added) {
      alone(rows_.added("neigh.added", row), row_of(after_, row));
    }
    return std::move(diff_);
  }

private:
  void add(Event event, const Neighbour& row) {
    event.key = fmt::format("{}{} dev {}", row.proxy ? "proxy " : "", format_ip_address(row.address), row.interface);
    diff_.events.push_back(std::move(event));
  }

  void alone(Event event, const Neighbour& row) {
    event.changed.clear();
    if (row.link_address) {
      event.fields = {{"link_address", *row.link_address}};
    }
    add(std::move(event), row);
  }

  void compare(RowPair pair) {
    const Neighbour before = row_of(before_, pair.before);
    const Neighbour after = row_of(after_, pair.after);
    const bool other_link = before.link_address && after.link_address && before.link_address != after.link_address;
    if (other_link) {
      Event event = rows_.changed("neigh.mac", pair);
      rows_.add_change(event, link_column, pair);
      event.fields = {{"old", *before.link_address}, {"new", *after.link_address}};
      add_next_hop(event, after);
      add(std::move(event), after);
    }
    compare_resolution(pair, before, after, other_link);
    if (before.flags && after.flags && is_router(before) != is_router(after)) {
      Event event = rows_.changed("neigh.router", pair);
      event.fields = {{"from", is_router(before) ? "router" : "host"}, {"to", is_router(after) ? "router" : "host"}};
      event.changed.push_back({"flags", is_router(before) ? "router" : "", is_router(after) ? "router" : ""});
      if (is_router(before)) {
        event.severity = Severity::warn;
      }
      add(std::move(event), after);
    }
    compare_others(pair, before, after);
  }

  void compare_resolution(RowPair pair, const Neighbour& before, const Neighbour& after, bool other_link) {
    const bool step = is_known(before) != is_known(after);
    Event event = rows_.changed(step ? "neigh.state" : "neigh.probed", pair);
    if (!rows_.add_change(event, resolution_column, pair)) {
      return;
    }
    const EventChange resolution = event.changed.front();
    if (is_known(before) && is_known(after)) {
      // From or to an entry that somebody made by hand.
      event.spec = &event_spec("neigh.changed");
    } else {
      event.fields = {{"from", resolution.from.value_or("")}, {"to", resolution.to.value_or("")}};
    }
    if (!other_link) {
      rows_.add_change(event, link_column, pair);
    }
    if (step) {
      const bool is_next_hop = add_next_hop(event, after);
      if (is_known(before)) {
        event.severity = is_next_hop ? Severity::warn : Severity::info;
      }
    }
    add(std::move(event), after);
  }

  void compare_others(RowPair pair, const Neighbour& before, const Neighbour& after) {
    Event event = rows_.changed("neigh.changed", pair);
    rows_.add_change(event, neighbours.index_of<&Neighbour::protocol>(), pair);
    constexpr auto router = static_cast<std::uint32_t>(NeighbourFlag::router);
    if (before.flags && after.flags && ((before.flags->bits ^ after.flags->bits) & ~router) != 0) {
      rows_.add_change(event, flags_column, pair);
    }
    // A link-layer address that came or went without a step of the resolution.
    if (before.link_address.has_value() != after.link_address.has_value() && before.resolution == after.resolution) {
      rows_.add_change(event, link_column, pair);
    }
    if (!event.changed.empty()) {
      add(std::move(event), after);
    }
  }

  // Says which route goes by it in B; the default route before all others. Returns whether one does.
  bool add_next_hop(Event& event, const Neighbour& row) const {
    const Table* table = context_.after->find_table(routes.name());
    std::optional<std::string> found;
    bool is_default = false;
    for (std::size_t i = 0; table != nullptr && !is_default && i < table->size(); ++i) {
      const Column& gateway = routes.column<&Route::gateway>(*table);
      if (gateway.is_null(i) || gateway.bytes(i) != row.address.bytes()) {
        continue;
      }
      const Route route = routes.row(*table, i);
      if (route.netns != row.netns || route.interface != row.interface) {
        continue;
      }
      const std::string prefix = format_route_prefix(route);
      is_default = is_default_route(route);
      if (is_default || !found || natural_less(prefix, *found)) {
        found = prefix;
      }
    }
    if (found) {
      event.fields.push_back({"next_hop_of", *found});
    }
    return found.has_value();
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  TableDiff diff_;
};

} // namespace

TableDiff diff_neighbours(const ComparedTable& table, const RuleContext& context) {
  return NeighbourDiffer(table, context).run();
}

} // namespace hindstat
