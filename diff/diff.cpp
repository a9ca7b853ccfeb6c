// SPDX-License-Identifier: MIT
// Which rules explain which table, and the order of what they say.
#include "diff/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "diff/addresses.h"
#include "diff/comparability.h"
#include "diff/counters.h"
#include "diff/coverage.h"
#include "diff/flows.h"
#include "diff/groups.h"
#include "diff/interfaces.h"
#include "diff/owners.h"
#include "diff/resets.h"
#include "diff/routes.h"
#include "diff/rows.h"
#include "diff/socket_sources.h"
#include "diff/sockets.h"
#include "diff/tcp_progress.h"
#include "diff/tcp_timeouts.h"
#include "diff/unix_sockets.h"
#include "tables/address.h"
#include "tables/conntrack.h"
#include "tables/interface.h"
#include "tables/interface_counter6.h"
#include "tables/link_group.h"
#include "tables/multicast_group.h"
#include "tables/protocol_counter.h"
#include "tables/route.h"
#include "tables/service.h"
#include "tables/sockstat.h"
#include "tables/unix_socket.h"
#include "tables/user.h"

namespace hindstat {

namespace {

// Absence from a partial table proves nothing.
void doubt_absences(std::span<Event> events, const ComparedTable& table) {
  for (Event& event : events) {
    const bool may_have_been = event.before_row < 0 && table.before_partial;
    const bool may_still_be = event.after_row < 0 && table.after_partial;
    if (may_have_been || may_still_be) {
      event.confidence = Confidence::inferred;
      event.why.push_back(fmt::format("{} is partial", may_have_been ? "A" : "B"));
    }
  }
}

std::string tie_breaker(const Event& event) {
  std::string text = event.incarnation + '\0' + event.owner;
  for (const EventField& field : event.fields) {
    text += '\0' + field.name + '=' + field.value;
  }
  for (const EventChange& change : event.changed) {
    text += '\0' + change.column + '=' + change.from.value_or("") + '>' + change.to.value_or("");
  }
  return text;
}

// What an event is sorted by before its tie breaker.
struct Place {
  const EventSpec* spec = nullptr; // Into the event catalog.
  std::string key;                 // In the order of bytes.
  std::uint32_t event = 0;
};

// By kind, namespace and key. Keys are compared often and events are large: their order is found first.
void sort_events(std::vector<Event>& events) {
  std::vector<Place> places;
  places.reserve(events.size());
  for (const Event& event : events) {
    places.push_back(
      {event.spec, event.netns + '\0' + natural_order_key(event.key), static_cast<std::uint32_t>(places.size())});
  }
  std::ranges::sort(places, [&](const Place& a, const Place& b) {
    if (a.spec != b.spec) {
      return a.spec < b.spec;
    }
    return a.key != b.key ? a.key < b.key : tie_breaker(events[a.event]) < tie_breaker(events[b.event]);
  });
  std::vector<Event> sorted;
  sorted.reserve(events.size());
  for (const Place& place : places) {
    sorted.push_back(std::move(events[place.event]));
  }
  events = std::move(sorted);
}

struct TableRule {
  std::string_view table;
  TableDiff (*explain)(const ComparedTable&, const RuleContext&);
};

constexpr std::array table_rules{
  TableRule{unix_sockets.name(), diff_unix_sockets},
  TableRule{interfaces.name(), diff_interfaces},
  TableRule{addresses.name(), diff_addresses},
  TableRule{protocol_counters.name(), diff_protocol_counters},
  TableRule{socket_statistics.name(), diff_socket_statistics},
  TableRule{multicast_groups.name(), diff_multicast_groups},
  TableRule{link_groups.name(), diff_link_groups},
};

class Differ {
public:
  Differ(const Snapshot& before, const Snapshot& after, const DiffOptions& options, const SocketNames* names = nullptr)
    : before_(before), after_(after), options_(options), owners_before_(before), owners_after_(after), names_(names) {
  }

  // `narrowed`: the tables of which some rows are enough.
  Diff run(std::span<const TouchedRows> narrowed = {}) {
    Gate gate = check_comparability(before_, after_, options_, narrowed);
    Diff diff;
    diff.comparability = std::move(gate.comparability);
    diff.events = std::move(gate.events);
    diff.chosen = options_.tables;
    find_renames_of_interfaces(diff.comparability.same_objects());
    for (ComparedTable& table : gate.tables) {
      std::vector<Event> events = explain(table, diff);
      doubt_absences(events, table);
      sort_events(events);
      std::ranges::move(events, std::back_inserter(diff.events));
    }
    return diff;
  }

private:
  // Also where table interface itself is not asked for.
  void find_renames_of_interfaces(bool same_objects) {
    const Table* before = before_.find_table(interfaces.name());
    const Table* after = after_.find_table(interfaces.name());
    if (before != nullptr && after != nullptr) {
      renames_ = find_renames({SideRows(*before), SideRows(*after)}, same_objects);
    }
  }

  std::vector<Event> explain(ComparedTable& table, Diff& diff) {
    Comparability& comparability = diff.comparability;
    const std::string_view name = table.before.table().spec().name;
    if (name == sockets.name()) {
      std::vector<Event> events = explain_sockets(table, comparability);
      diff.coverage = measure_coverage(events, before_, after_, comparability.same_objects());
      keep_protocols(events);
      return events;
    }
    if (name == routes.name()) {
      return diff_routes(table);
    }
    const auto* rule = std::ranges::find(table_rules, name, &TableRule::table);
    if (rule != table_rules.end()) {
      const RuleContext context{
        &before_,       &after_, comparability.same_objects(), comparability.owners_comparable, &owners_before_,
        &owners_after_, renames_};
      TableDiff result = rule->explain(table, context);
      std::ranges::move(result.notes, std::back_inserter(comparability.notes));
      return std::move(result.events);
    }
    if (name == conntracks.name()) {
      return diff_flows(table, before_.find_table(name), after_.find_table(name), comparability.same_objects());
    }
    std::vector<Event> events = diff_rows(table, comparability.same_objects(), comparability.owners_comparable);
    if (name == users.name() || name == services.name() || name == interface_counters6.name()) {
      // A name is recorded while its uid or port is in use, a counter while its interface is there and some only after
      // the first count: that a row comes or goes says nothing of what it names.
      std::erase_if(events, [](const Event& event) { return event.before_row < 0 || event.after_row < 0; });
    }
    return events;
  }

  std::vector<Event> explain_sockets(ComparedTable& table, Comparability& comparability) {
    const TcpTimeouts timeouts(before_, after_);
    TcpProgress progress(before_, after_);
    SocketContext context = make_socket_context(table, comparability, after_);
    context.interval.timeouts = &timeouts;
    context.progress = &progress;
    context.owners_before = &owners_before_;
    context.owners_after = &owners_after_;
    context.names = names_;
    SocketDiff result = diff_sockets(table, context);
    mark_possible_resets(result.events, before_, after_, comparability.same_objects());
    for (const auto& [side, torn] : {std::pair("A", result.torn_before), std::pair("B", result.torn_after)}) {
      if (torn != 0) {
        comparability.notes.push_back(fmt::format("socket: {} rows of {} were read twice and count once", torn, side));
      }
    }
    return std::move(result.events);
  }

  void keep_protocols(std::vector<Event>& events) const {
    if (options_.protocols.empty()) {
      return;
    }
    std::erase_if(events, [&](const Event& event) {
      const std::string protocol = event.key.substr(0, event.key.find(' '));
      return std::ranges::find(options_.protocols, protocol) == options_.protocols.end();
    });
  }

  const Snapshot& before_;
  const Snapshot& after_;
  const DiffOptions& options_;
  Owners owners_before_;
  Owners owners_after_;
  InterfaceRenames renames_;
  const SocketNames* names_;
};

} // namespace

Diff diff_snapshots(const Snapshot& before, const Snapshot& after, const DiffOptions& options) {
  return Differ(before, after, options).run();
}

Diff diff_step(const Snapshot& before, const Snapshot& after, std::span<const TouchedRows> touched, DiffMemory& memory,
               const DiffOptions& options) {
  const std::vector<TouchedRows> narrowed = memory.begin_step(before, after, touched);
  Diff diff = Differ(before, after, options, memory.socket_names()).run(narrowed);
  memory.end_step(before, touched);
  return diff;
}

} // namespace hindstat
