// SPDX-License-Identifier: MIT
// From two snapshots of a store to what is printed.
#include "diff/program/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "cli/notes.h"
#include "cli/store_path.h"
#include "cli/terminal.h"
#include "cli/tool.h"
#include "diff/event_record.h"
#include "diff/output.h"
#include "store/row_query.h"
#include "store/store.h"
#include "tables/interface.h"
#include "tables/process.h"
#include "tables/protocol_counter.h"
#include "tables/user.h"

namespace hindstat {

namespace {

SelectorOptions selector_options(const DiffCommand& command) {
  SelectorOptions options = viewer_options(command.viewer_zone());
  options.match = command.nearest ? TimeMatch::nearest : command.after ? TimeMatch::after : TimeMatch::at_or_before;
  if (!command.max_gap.empty()) {
    options.max_gap_ns = parse_duration(command.max_gap);
  }
  return options;
}

RangeSelection select(const Store& store, const DiffCommand& command) {
  RangeSelection selection = select_range(store.list(), command.range, selector_options(command));
  for (const Selected* selected : {&selection.before, &selection.after}) {
    if (!selected->warning.empty()) {
      warn(diff_tool, selected->warning);
    }
  }
  return selection;
}

SideLabel make_label(const Selected& selected, const Snapshot& snapshot, const Zone& zone, const std::string& label) {
  SideLabel side{&snapshot, selected.entry.id.value(), selected.entry.uid, "", label};
  if (selected.asked_ns) {
    const std::int64_t distance = *selected.asked_ns - selected.entry.info.clocks.realtime_ns;
    side.distance = fmt::format("asked for {}, {}", format_time(*selected.asked_ns, zone),
                                distance == 0  ? "exactly"
                                : distance > 0 ? format_duration(distance) + " before"
                                               : format_duration(-distance) + " after");
  }
  return side;
}

// What was noted between the two, or at one of them; of both hosts.
std::vector<DiffMark> find_marks(const Store& store, const RangeSelection& pair) {
  const SnapshotInfo& before = pair.before.entry.info;
  const SnapshotInfo& after = pair.after.entry.info;
  const StoreNotes notes = store.notes();
  for (const std::string& sentence : notes.damage) {
    warn(diff_tool, sentence);
  }
  const std::int64_t from = std::min(before.clocks.realtime_ns, after.clocks.realtime_ns);
  const std::int64_t to =
    std::max(before.clocks.realtime_ns + before.took_ns, after.clocks.realtime_ns + after.took_ns);
  std::vector<Mark> found = marks_between(notes, before, from, to);
  if (before.host != after.host || before.machine_id != after.machine_id) {
    const std::vector<Mark> more = marks_between(notes, after, from, to);
    found.insert(found.end(), more.begin(), more.end());
    std::ranges::stable_sort(found, {}, &Mark::at_ns);
  }
  std::vector<DiffMark> marks;
  for (const Mark& mark : found) {
    marks.push_back({mark.at_ns, mark.host, mark.text});
  }
  return marks;
}

// Loads what is compared, and what names and explains it.
std::vector<Snapshot> load(const Store& store, const RangeSelection& pair, const TableChoice& choice) {
  std::vector<std::string> wanted = choice.tables;
  if (!wanted.empty()) {
    wanted.emplace_back(processes.name());         // Names the owners of sockets.
    wanted.emplace_back(users.name());             // Names their users.
    wanted.emplace_back(interfaces.name());        // Tells which interfaces were renamed.
    wanted.emplace_back(protocol_counters.name()); // Counts the connections that were opened.
  }
  std::vector<Snapshot> both;
  for (const Selected* selected : {&pair.before, &pair.after}) {
    both.push_back(store.load(selected->entry.id, wanted));
  }
  return both;
}

ExitCode find_exit_code(const Diff& diff, const DiffCommand& command) {
  if (command.strict && (!diff.comparability.doubts.empty() || !diff.comparability.not_compared.empty())) {
    return ExitCode::trouble;
  }
  return has_differences(diff) && !command.exit_zero ? ExitCode::differences : ExitCode::success;
}

/// The events as SQL sees them.
QueryRows query_rows(const Diff& diff, const DiffLabels& labels, FactFinder& finder) {
  return {"event", event_columns(), diff.events.size(),
          [&](std::size_t row) { return event_cells(diff.events[row], labels, finder); }};
}

void keep_where(Diff& diff, const DiffLabels& labels, const std::string& condition) {
  FactFinder finder(*labels.before.snapshot, *labels.after.snapshot);
  const std::vector<std::size_t> fitting = rows_where(query_rows(diff, labels, finder), condition);
  std::vector<Event> kept;
  kept.reserve(fitting.size());
  for (const std::size_t row : fitting) {
    kept.push_back(std::move(diff.events[row]));
  }
  diff.events = std::move(kept);
}

// A condition that is none is said before anything is read.
void check_where(const std::string& condition) {
  if (!condition.empty()) {
    check_condition({"event", event_columns(), 0, {}}, condition);
  }
}

std::string describe_no_difference(const Diff& diff, const DiffLabels& labels) {
  std::string text = fmt::format("{} and {}: no difference", name_of(labels.before), name_of(labels.after));
  text += labels.filter.empty() ? "" : " that fits " + labels.filter;
  for (std::size_t i = 0; i < diff.comparability.not_compared.size(); ++i) {
    text += (i == 0 ? "; not compared: " : ", ") + diff.comparability.not_compared[i].table;
  }
  return escape_terminal(text) + '\n';
}

std::string format(const Diff& diff, const DiffLabels& labels, const DiffCommand& command, ExitCode code) {
  const JsonOptions options{command.all, static_cast<int>(code)};
  if (command.forms.json) {
    return format_diff_json(diff, labels, options);
  }
  if (command.forms.porcelain) {
    return format_diff_porcelain(diff, labels, options, command.nul);
  }
  if (command.forms.csv) {
    return format_diff_csv(diff, labels, command.all);
  }
  if (command.report_identical && !has_differences(diff)) {
    return describe_no_difference(diff, labels);
  }
  if (command.forms.stat) {
    return format_diff_stat(diff, labels, command.all);
  }
  if (command.forms.shortstat) {
    return format_diff_shortstat(diff, command.all);
  }
  if (command.forms.name_status) {
    return format_diff_name_status(diff, command.all, command.nul);
  }
  return format_diff_text(diff, labels, {command.all, wants_color(command.color), terminal_width()});
}

} // namespace

ExitCode run_diff(const DiffCommand& command) {
  check(command);
  const TableChoice choice = choose_tables(command.tables);
  const Filter filter(command.filters);
  check_where(command.where);
  const Store store(command.store.empty() ? default_store_path(false) : command.store);
  const RangeSelection selection = select(store, command);
  const std::vector<Snapshot> both = choose_namespaces(load(store, selection, choice), command.namespaces);
  const Snapshot& before = both.front();
  const Snapshot& after = both.back();
  const Zone zone = command.viewer_zone();
  const auto label = [&](std::size_t i) { return i < command.labels.size() ? command.labels[i] : ""; };
  DiffLabels labels;
  labels.store = store.path();
  labels.before = make_label(selection.before, before, zone, label(0));
  labels.after = make_label(selection.after, after, zone, label(1));
  labels.format_duration = format_duration;
  labels.format_time = format_time_iso;
  labels.filter = describe_filters(command);

  Diff diff = diff_snapshots(before, after, {choice.tables, choice.protocols});
  diff.chosen = choice.named;
  std::ranges::copy(filter.named_events(), std::back_inserter(diff.chosen));
  const std::size_t found = diff.events.size();
  filter.apply(diff.events, before, after);
  if (!command.where.empty()) {
    keep_where(diff, labels, command.where);
  }
  labels.filtered = found - diff.events.size();
  const ExitCode code = find_exit_code(diff, command);
  if (command.quiet) {
    if (command.report_identical && !has_differences(diff)) {
      print(describe_no_difference(diff, labels));
    }
    return code;
  }
  labels.marks = find_marks(store, selection);
  if (command.for_people()) {
    labels.format_time = [&](std::int64_t realtime_ns) { return format_time(realtime_ns, zone); };
  }
  const std::string text = format(diff, labels, command, code);
  const Pager pager(command.for_people() && !command.no_pager);
  print(text);
  return code;
}

} // namespace hindstat
