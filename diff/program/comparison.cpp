// SPDX-License-Identifier: MIT
#include "diff/program/comparison.h"

#include <algorithm>
#include <iterator>

#include "cli/notes.h"
#include "diff/event_record.h"
#include "store/row_query.h"
#include "tables/interface.h"
#include "tables/process.h"
#include "tables/protocol_counter.h"
#include "tables/sysctl.h"
#include "tables/tcp_info.h"
#include "tables/user.h"

namespace hindstat {

namespace {

/// The events as SQL sees them.
QueryRows query_rows(const Diff& diff, const DiffLabels& labels, FactFinder& finder) {
  return {"event", event_columns(), diff.events.size(),
          [&](std::size_t row) { return event_cells(diff.events[row], labels, finder); }};
}

// Whether the snapshots hold nothing but what is wanted, so that no view of them is needed.
bool holds_only_own(const Snapshot& snapshot, const NamespaceChoice& choice) {
  return choice.names.empty()
         && std::ranges::all_of(snapshot.captures, [](const Capture& capture) { return capture.netns.empty(); });
}

} // namespace

Comparison::Comparison(const DiffCommand& command)
  : command_(command), choice_(choose_tables(command.tables)), filter_(command.filters) {
  if (!command.where.empty()) {
    check_condition({"event", event_columns(), 0, {}}, command.where); // Said before anything is read.
  }
  options_.tables = choice_.tables;
  options_.protocols = choice_.protocols;
  options_.cross_namespaces = command.cross_namespaces;
  loaded_ = choice_.tables;
  if (!loaded_.empty()) {
    loaded_.emplace_back(processes.name());         // Names the owners of sockets.
    loaded_.emplace_back(users.name());             // Names their users.
    loaded_.emplace_back(interfaces.name());        // Tells which interfaces were renamed.
    loaded_.emplace_back(protocol_counters.name()); // Counts the connections that were opened.
    loaded_.emplace_back(sysctls.name());           // Say how long states of TCP last.
    loaded_.emplace_back(tcp_infos.name());         // Tell whether a connection moves data.
  }
}

Diff Comparison::compare(DiffLabels& labels, std::span<const TouchedRows> touched, DiffMemory& memory,
                         std::vector<Snapshot>& views) const {
  const NamespaceChoice& choice = command_.namespaces;
  const bool whole =
    choice.all || (holds_only_own(*labels.before.snapshot, choice) && holds_only_own(*labels.after.snapshot, choice));
  if (!whole) {
    views = choose_namespaces({*labels.before.snapshot, *labels.after.snapshot}, choice);
    labels.before.snapshot = &views.front();
    labels.after.snapshot = &views.back();
  }
  const Snapshot& before = *labels.before.snapshot;
  const Snapshot& after = *labels.after.snapshot;
  Diff diff = whole ? diff_step(before, after, touched, memory, options_) : diff_snapshots(before, after, options_);
  diff.chosen = choice_.named;
  std::ranges::copy(filter_.named_events(), std::back_inserter(diff.chosen));
  const std::size_t found = diff.events.size();
  filter_.apply(diff.events, before, after);
  if (!command_.where.empty()) {
    keep_where(diff, labels);
  }
  labels.filtered = found - diff.events.size();
  return diff;
}

void Comparison::keep_where(Diff& diff, const DiffLabels& labels) const {
  FactFinder finder(*labels.before.snapshot, *labels.after.snapshot);
  const std::vector<std::size_t> fitting = rows_where(query_rows(diff, labels, finder), command_.where);
  std::vector<Event> kept;
  kept.reserve(fitting.size());
  for (const std::size_t row : fitting) {
    kept.push_back(std::move(diff.events[row]));
  }
  diff.events = std::move(kept);
}

std::vector<DiffMark> find_marks(const StoreNotes& notes, const SnapshotInfo& info, std::int64_t from_ns,
                                 std::int64_t to_ns) {
  std::vector<DiffMark> marks;
  for (const Mark& mark : marks_between(notes, info, from_ns, to_ns)) {
    marks.push_back({mark.at_ns, mark.host, mark.text});
  }
  return marks;
}

} // namespace hindstat
