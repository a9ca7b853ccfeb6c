// SPDX-License-Identifier: MIT
// A range step by step. Its steps do not depend on each other: some of them at a time are taken by each thread, which
// reads the file by a connection of its own, and what they give is put together in order.
#include "diff/program/range.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/escape.h"
#include "cli/notes.h"
#include "cli/terminal.h"
#include "cli/tool.h"
#include "diff/program/in_order.h"
#include "diff/range_output.h"
#include "store/walk.h"

namespace hindstat {

namespace {

// A thread loads the first snapshot of its part as a whole: a part is long enough for that to be little.
constexpr std::size_t steps_at_once = 48;

/// What is written of each step while the range is gone through.
enum class Stream { none, text, json, csv, porcelain, name_status };

Stream stream_of(const DiffCommand& command) {
  const DiffCommand::Forms& forms = command.forms;
  if (command.only_counts()) {
    return Stream::none;
  }
  return forms.json                          ? Stream::json
         : forms.csv                         ? Stream::csv
         : forms.porcelain                   ? Stream::porcelain
         : forms.name_status                 ? Stream::name_status
         : command.range.each || command.all ? Stream::text
                                             : Stream::none;
}

struct StepOutput {
  StepDigest digest;
  std::string text;
  std::size_t filtered = 0;
  bool differs = false;
};

/// Some steps in a row.
struct Part {
  RangePoint first; ///< Where they begin.
  Levels levels;    ///< There.
  std::vector<StepOutput> steps;
  std::vector<std::string> damage; ///< Of snapshots that were left out.
};

RangePoint point_of(const Snapshot& snapshot, SnapshotId id) {
  return {id.value(), snapshot.info.clocks.realtime_ns, snapshot.info.clocks.boottime_ns};
}

/// Formats moments; events of one step have few.
class TimeWriter {
public:
  explicit TimeWriter(std::function<std::string(std::int64_t)> format) : format_(std::move(format)) {
  }
  const std::string& operator()(std::int64_t ns) {
    const auto known = texts_.find(ns);
    if (known != texts_.end()) {
      return known->second;
    }
    if (texts_.size() > most_) {
      texts_.clear();
    }
    return texts_.emplace(ns, format_(ns)).first->second;
  }

private:
  static constexpr std::size_t most_ = 1000;
  std::function<std::string(std::int64_t)> format_;
  std::map<std::int64_t, std::string> texts_;
};

class RangeRun {
public:
  RangeRun(const DiffCommand& command, const Comparison& comparison, const Store& store,
           const RangeSelection& selection)
    : command_(command), comparison_(comparison), store_(store), selection_(selection), stream_(stream_of(command)),
      zone_(command.viewer_zone()), color_(wants_color(command.color)) {
    for (const SnapshotEntry& entry : selection.snapshots) {
      ids_.push_back(entry.id);
      uids_.push_back(entry.uid);
    }
  }

  ExitCode run();

private:
  [[nodiscard]] std::function<std::string(std::int64_t)> format_times() const {
    if (!command_.for_people()) {
      return format_time_iso;
    }
    return [this](std::int64_t realtime_ns) { return format_time(realtime_ns, zone_); };
  }
  [[nodiscard]] RangeLabels make_labels() const;
  [[nodiscard]] Part take_part(const Store& store, std::size_t index) const;
  [[nodiscard]] std::optional<SnapshotWalk> begin_walk(const Store& store, std::size_t first, std::size_t last,
                                                       Part& part) const;
  [[nodiscard]] std::string uid_of(SnapshotId id) const {
    return uids_[static_cast<std::size_t>(std::ranges::find(ids_, id) - ids_.begin())];
  }
  [[nodiscard]] StepOutput take_step(const SnapshotWalk& walk, DiffMemory& memory) const;
  [[nodiscard]] std::string format_events(const Diff& diff, const DiffLabels& labels) const;
  void write_beginning(const RangeLabels& labels, const RangePoint& first) const;
  [[nodiscard]] ExitCode write_end(const RangeSummary& range, const RangeLabels& labels) const;

  const DiffCommand& command_;
  const Comparison& comparison_;
  const Store& store_;
  const RangeSelection& selection_;
  Stream stream_;
  Zone zone_;
  bool color_;
  std::vector<SnapshotId> ids_;
  std::vector<std::string> uids_;
};

RangeLabels RangeRun::make_labels() const {
  const SnapshotInfo& first = selection_.snapshots.front().info;
  const SnapshotInfo& last = selection_.snapshots.back().info;
  RangeLabels labels;
  labels.store = store_.path();
  labels.host = first.host;
  labels.format_duration = format_duration;
  labels.format_time = format_times();
  if (selection_.from_ns && selection_.to_ns) {
    labels.window =
      fmt::format("asked for {} .. {}", labels.format_time(*selection_.from_ns), labels.format_time(*selection_.to_ns));
  }
  labels.filter = describe_filters(command_);
  const StoreNotes notes = store_.notes();
  for (const std::string& sentence : notes.damage) {
    warn(diff_tool, sentence);
  }
  const std::int64_t from = first.clocks.realtime_ns;
  const std::int64_t to = last.clocks.realtime_ns + last.took_ns;
  labels.marks = find_marks(notes, first, from, to);
  for (const Gap& gap : notes.gaps) {
    if (gap.host == first.host && gap.machine_id == first.machine_id && gap.first_ns <= to && gap.last_ns >= from) {
      labels.gaps.push_back({gap.first_ns, gap.last_ns, gap.count, describe_gap(gap)});
    }
  }
  return labels;
}

// The part's first snapshot, or where it is damaged the last one before it that is not: the part before has left it
// out, too.
std::optional<SnapshotWalk> RangeRun::begin_walk(const Store& store, std::size_t first, std::size_t last,
                                                 Part& part) const {
  for (std::size_t begin = first + 1; begin-- > 0;) {
    try {
      return SnapshotWalk(
        store,
        {ids_.begin() + static_cast<std::ptrdiff_t>(begin), ids_.begin() + static_cast<std::ptrdiff_t>(last) + 1},
        comparison_.loaded_tables());
    } catch (const Error& e) {
      part.damage.emplace_back(e.what());
    }
  }
  return std::nullopt;
}

Part RangeRun::take_part(const Store& store, std::size_t index) const {
  const std::size_t first = index * steps_at_once;
  const std::size_t last = std::min(first + steps_at_once, ids_.size() - 1);
  Part part;
  std::optional<SnapshotWalk> walk = begin_walk(store, first, last, part);
  std::size_t begin = first;
  while (!walk && begin < last) { // Nothing before it is good: the range begins later.
    walk = begin_walk(store, ++begin, last, part);
  }
  if (!walk) {
    return part;
  }
  part.first = point_of(walk->after(), walk->id_after());
  part.levels = count_levels(walk->after());
  DiffMemory memory;
  for (bool more = true; more;) {
    try {
      more = walk->next();
      if (more && walk->id_after() != walk->id_before()) {
        part.steps.push_back(take_step(*walk, memory));
      }
    } catch (const Error& e) {
      part.damage.emplace_back(e.what());
      memory = DiffMemory();
    }
  }
  return part;
}

StepOutput RangeRun::take_step(const SnapshotWalk& walk, DiffMemory& memory) const {
  TimeWriter times(format_times());
  DiffLabels labels;
  labels.store = store_.path();
  labels.before = {&walk.before(), walk.id_before().value(), uid_of(walk.id_before()), "", ""};
  labels.after = {&walk.after(), walk.id_after().value(), uid_of(walk.id_after()), "", ""};
  labels.format_duration = format_duration;
  labels.format_time = [&](std::int64_t ns) { return times(ns); };
  std::vector<Snapshot> views;
  Diff diff = comparison_.compare(labels, walk.touched(), memory, views);
  StepOutput output;
  output.filtered = labels.filtered;
  output.differs = has_differences(diff);
  output.text = format_events(diff, labels);
  const KeepEvents keep = stream_ == Stream::none && !command_.only_counts() ? KeepEvents::few : KeepEvents::none;
  output.digest = digest_step(std::move(diff), point_of(walk.before(), walk.id_before()),
                              point_of(walk.after(), walk.id_after()), *labels.after.snapshot, command_.all, keep);
  return output;
}

std::string RangeRun::format_events(const Diff& diff, const DiffLabels& labels) const {
  if (stream_ == Stream::none) {
    return "";
  }
  if (stream_ == Stream::text) {
    return format_step_text(diff, labels, {command_.all, color_, 0});
  }
  std::string text;
  for (const Event& event : diff.events) {
    if (!is_shown(diff, event, command_.all)) {
      continue;
    }
    switch (stream_) {
      case Stream::json:
        text += format_event_json(event, labels);
        break;
      case Stream::csv:
        text += format_event_csv(event, labels);
        break;
      case Stream::porcelain:
        text += format_event_porcelain(event, labels, command_.nul);
        break;
      default:
        text += format_event_name_status(event, command_.nul);
        break;
    }
  }
  return text;
}

void RangeRun::write_beginning(const RangeLabels& labels, const RangePoint& first) const {
  const SnapshotInfo& info = selection_.snapshots.back().info;
  const RangePoint last{ids_.back().value(), info.clocks.realtime_ns, info.clocks.boottime_ns};
  if (stream_ == Stream::json) {
    print(format_range_json_header(labels, first, last, ids_.size()));
  } else if (stream_ == Stream::csv) {
    print(format_csv_names());
  } else if (stream_ == Stream::porcelain) {
    print(format_range_porcelain_header(labels, first, last, ids_.size(), command_.nul));
  }
}

ExitCode RangeRun::write_end(const RangeSummary& range, const RangeLabels& labels) const {
  const bool doubtful = !range.doubts.empty() || !range.not_compared.empty();
  const bool differs = std::ranges::any_of(range.counts, [](const RangeCount& count) { return count.shown; });
  const ExitCode code = command_.strict && doubtful      ? ExitCode::trouble
                        : differs && !command_.exit_zero ? ExitCode::differences
                                                         : ExitCode::success;
  if (command_.quiet) {
    return code;
  }
  if (command_.forms.shortstat) {
    print(format_range_line(range, labels));
  } else if (stream_ == Stream::json) {
    print(format_range_json_trailer(range, labels, static_cast<int>(code)));
  } else if (stream_ == Stream::porcelain) {
    print(format_range_porcelain_end(range, labels, static_cast<int>(code), command_.nul));
  } else if (stream_ == Stream::none || stream_ == Stream::text) {
    print(format_range_text(
      range, labels, {command_.all, color_, stream_ == Stream::none && !command_.forms.stat, command_.forms.stat}));
  }
  return code;
}

ExitCode RangeRun::run() {
  const std::size_t parts = ids_.size() < 2 ? 1 : (ids_.size() - 2) / steps_at_once + 1;
  RangeLabels labels = make_labels();
  const Pager pager(command_.for_people() && !command_.no_pager && !command_.quiet);
  std::optional<RangeFold> fold;
  std::set<std::string> said;
  const auto take = [&](Part part) {
    for (const std::string& sentence : part.damage) {
      if (said.insert(sentence).second) {
        warn(diff_tool, sentence + "; it is left out");
      }
    }
    if (!fold && part.first.id != 0) {
      fold.emplace(part.first, part.levels, !labels.filter.empty());
      write_beginning(labels, part.first);
    }
    for (StepOutput& step : part.steps) {
      if (!step.text.empty()) {
        print(step.text);
      }
      labels.filtered += step.filtered;
      fold->add(std::move(step.digest));
    }
  };
  take_in_order<Part>(
    parts, [&] { return Store(store_.path()); },
    [&](const Store& store, std::size_t index) { return take_part(store, index); }, take);
  if (!fold) {
    throw Error(fmt::format("{}: none of the {} snapshots of the range can be read", store_.path(), ids_.size()));
  }
  return write_end(std::move(*fold).finish(), labels);
}

} // namespace

ExitCode run_range(const DiffCommand& command, const Comparison& comparison, const Store& store,
                   const RangeSelection& selection) {
  return RangeRun(command, comparison, store, selection).run();
}

} // namespace hindstat
