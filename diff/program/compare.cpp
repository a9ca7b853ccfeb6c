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
#include "diff/lookup_output.h"
#include "diff/output.h"
#include "diff/program/comparison.h"
#include "diff/program/range.h"
#include "store/store.h"
#include "store/walk.h"
#include "tables/route.h"
#include "tables/route_exception.h"
#include "tables/rule.h"

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

RangeSelection select(const std::vector<SnapshotEntry>& entries, const DiffCommand& command) {
  RangeSelection selection = select_range(entries, command.range, selector_options(command));
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
std::vector<DiffMark> find_marks_of_both(const Store& store, const RangeSelection& pair) {
  const SnapshotInfo& before = pair.before.entry.info;
  const SnapshotInfo& after = pair.after.entry.info;
  const StoreNotes notes = store.notes();
  for (const std::string& sentence : notes.damage) {
    warn(diff_tool, sentence);
  }
  const std::int64_t from = std::min(before.clocks.realtime_ns, after.clocks.realtime_ns);
  const std::int64_t to =
    std::max(before.clocks.realtime_ns + before.took_ns, after.clocks.realtime_ns + after.took_ns);
  std::vector<DiffMark> marks = find_marks(notes, before, from, to);
  if (before.host != after.host || before.machine_id != after.machine_id) {
    const std::vector<DiffMark> more = find_marks(notes, after, from, to);
    marks.insert(marks.end(), more.begin(), more.end());
    std::ranges::stable_sort(marks, {}, &DiffMark::at_ns);
  }
  return marks;
}

ExitCode find_exit_code(const Diff& diff, const DiffCommand& command) {
  if (command.strict && (!diff.comparability.doubts.empty() || !diff.comparability.not_compared.empty())) {
    return ExitCode::trouble;
  }
  return has_differences(diff) && !command.exit_zero ? ExitCode::differences : ExitCode::success;
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

// When the host recorded, in order.
std::vector<std::int64_t> moments_of_host(const std::vector<SnapshotEntry>& entries, const SnapshotInfo& host) {
  std::vector<std::int64_t> moments;
  for (const SnapshotEntry& entry : entries) {
    if (entry.info.host == host.host && entry.info.machine_id == host.machine_id) {
      moments.push_back(entry.info.clocks.realtime_ns);
    }
  }
  std::ranges::sort(moments);
  return moments;
}

// --to: of a range its two ends.
ExitCode look_up(const DiffCommand& command, const Store& store, const RangeSelection& selection) {
  const std::optional<IpAddress> address = parse_ip_address(command.to);
  if (!address) {
    throw Error(
      fmt::format("--to takes an address such as 192.0.2.1 or fd00::1, not '{}'", escape_terminal(command.to)));
  }
  const std::vector<std::string> loaded{std::string(routes.name()), std::string(rules.name()),
                                        std::string(route_exceptions.name())};
  std::vector<Snapshot> both;
  for (const Selected* selected : {&selection.before, &selection.after}) {
    both.push_back(store.load(selected->entry.id, loaded));
  }
  both = choose_namespaces(std::move(both), command.namespaces);
  const std::vector<LookedUp> found = look_up_both(both.front(), both.back(), *address);
  const Zone zone = command.viewer_zone();
  DiffLabels labels;
  labels.before = make_label(selection.before, both.front(), zone, "");
  labels.after = make_label(selection.after, both.back(), zone, "");
  labels.format_time = [&](std::int64_t realtime_ns) {
    return command.forms.json ? format_time_iso(realtime_ns) : format_time(realtime_ns, zone);
  };
  if (!command.quiet) {
    print(command.forms.json ? format_lookup_json(found, *address, labels)
                             : format_lookup_text(found, *address, labels));
  }
  if (!std::ranges::all_of(found, &LookedUp::is_known)) {
    return ExitCode::trouble;
  }
  return std::ranges::all_of(found, &LookedUp::is_same) || command.exit_zero ? ExitCode::success
                                                                             : ExitCode::differences;
}

ExitCode compare_two(const DiffCommand& command, const Comparison& comparison, const Store& store,
                     const RangeSelection& selection) {
  // Where a chain leads from one to the other only what was touched between is looked at.
  SnapshotWalk walk(store, {selection.before.entry.id, selection.after.entry.id}, comparison.loaded_tables());
  walk.next();
  const Zone zone = command.viewer_zone();
  const auto label = [&](std::size_t i) { return i < command.labels.size() ? command.labels[i] : ""; };
  DiffLabels labels;
  labels.store = store.path();
  labels.before = make_label(selection.before, walk.before(), zone, label(0));
  labels.after = make_label(selection.after, walk.after(), zone, label(1));
  labels.format_duration = format_duration;
  labels.format_time = format_time_iso;
  labels.filter = describe_filters(command);

  DiffMemory memory;
  std::vector<Snapshot> views;
  const Diff diff = comparison.compare(labels, walk.touched(), memory, views);
  const ExitCode code = find_exit_code(diff, command);
  if (command.quiet) {
    if (command.report_identical && !has_differences(diff)) {
      print(describe_no_difference(diff, labels));
    }
    return code;
  }
  labels.marks = find_marks_of_both(store, selection);
  if (command.for_people()) {
    labels.format_time = [&](std::int64_t realtime_ns) { return format_time(realtime_ns, zone); };
  }
  const std::string text = format(diff, labels, command, code);
  const Pager pager(command.for_people() && !command.no_pager);
  print(text);
  return code;
}

} // namespace

ExitCode run_diff(const DiffCommand& command) {
  check(command);
  Comparison comparison(command);
  const Store store(command.store.empty() ? default_store_path(false) : command.store);
  const SoundEntries sound = store.list_sound();
  if (sound.entries.empty() && !sound.damage.empty()) {
    throw Error(sound.damage.front());
  }
  const std::vector<SnapshotEntry>& entries = sound.entries;
  const RangeSelection selection = select(entries, command);
  const bool is_range = selection.kind == RangeSelection::Kind::range && command.to.empty();
  for (const std::string& sentence : sound.damage) {
    if (!is_range) { // None of two may take the place of a damaged one.
      throw Error(sentence);
    }
    warn(diff_tool, sentence + "; it is left out");
  }
  comparison.set_recorded(RecordingTimes(moments_of_host(entries, selection.before.entry.info)));
  if (!command.to.empty()) {
    return look_up(command, store, selection);
  }
  if (is_range) {
    return run_range(command, comparison, store, selection);
  }
  return compare_two(command, comparison, store, selection);
}

} // namespace hindstat
