// SPDX-License-Identifier: MIT
// Forms for programs that are no JSON, and --name-status; docs/diff-formats.md tells what they hold.
#include <fmt/format.h>

#include "base/csv_writer.h"
#include "base/escape.h"
#include "diff/event_record.h"
#include "diff/output.h"
#include "diff/range_output.h"

namespace hindstat {

namespace {

constexpr int porcelain_version = 1;

std::string field_of(const Event& event, std::string_view name) {
  const std::string* value = find_field(event, name);
  return value == nullptr ? "" : *value;
}

std::string join_lines(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) {
    text += (text.empty() ? "" : "; ") + sentence;
  }
  return text;
}

class PorcelainWriter {
public:
  explicit PorcelainWriter(bool nul) : end_(nul ? '\0' : '\n') {
  }

  void record(std::initializer_list<std::string> fields) {
    bool first = true;
    for (const std::string& field : fields) {
      out_ += first ? "" : "\t";
      out_ += escape_terminal(field);
      first = false;
    }
    out_ += end_;
  }
  [[nodiscard]] std::string take() {
    return std::move(out_);
  }

private:
  char end_;
  std::string out_;
};

void write_side(PorcelainWriter& out, const char* name, const SideLabel& side, const DiffLabels& labels) {
  const SnapshotInfo& info = side.snapshot->info;
  out.record(
    {name, fmt::format("{}", side.id), side.uid, info.host, labels.format_time(info.clocks.realtime_ns), side.label});
}

void write_event(PorcelainWriter& out, const Event& event, const DiffLabels& labels) {
  const EventTimes times = times_of(event, labels);
  out.record({"event", sign_of(event), std::string(event.spec->name), event.table, event.netns, event.key,
              event.incarnation, event.owner, std::string(name_of(severity_of(event))),
              std::string(name_of(event.confidence)), labels.format_time(times.before_ns),
              labels.format_time(times.after_ns), field_of(event, "from"), field_of(event, "to"),
              describe_event(event)});
}

void write_event(CsvWriter& csv, const Event& event, const DiffLabels& labels) {
  const auto optional = [&](const std::string& text) {
    if (text.empty()) {
      csv.missing();
    } else {
      csv.field(escape_terminal(text));
    }
  };
  const EventTimes times = times_of(event, labels);
  csv.field(event.spec->name).field(sign_of(event)).field(event.table);
  csv.field(escape_terminal(event.netns)).field(escape_terminal(event.key));
  optional(event.incarnation);
  optional(event.owner);
  csv.field(name_of(severity_of(event))).field(name_of(event.confidence));
  csv.field(labels.format_time(times.before_ns)).field(labels.format_time(times.after_ns));
  csv.field(fields_as_json(event)).field(changed_as_json(event)).field(escape_terminal(join_lines(event.why)));
  csv.field(escape_terminal(describe_event(event))).end_record();
}

} // namespace

std::string format_event_porcelain(const Event& event, const DiffLabels& labels, bool nul) {
  PorcelainWriter out(nul);
  write_event(out, event, labels);
  return out.take();
}

std::string format_csv_names() {
  CsvWriter csv;
  for (const char* name : {"ev", "sign", "table", "netns", "key", "inc", "owner", "severity", "conf", "t_before",
                           "t_after", "fields", "changed", "why", "sentence"}) {
    csv.field(name);
  }
  csv.end_record();
  return csv.take();
}

std::string format_event_csv(const Event& event, const DiffLabels& labels) {
  CsvWriter csv;
  write_event(csv, event, labels);
  return csv.take();
}

std::string format_event_name_status(const Event& event, bool nul) {
  const std::string where = event.netns.empty() ? "" : fmt::format("[{}] ", event.netns);
  return fmt::format("{}\t{}\t{}{}", sign_of(event), escape_terminal(event.table), escape_terminal(where + event.key),
                     nul ? '\0' : '\n');
}

std::string format_diff_name_status(const Diff& diff, bool all, bool nul) {
  std::string out;
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, all)) {
      out += format_event_name_status(event, nul);
    }
  }
  return out;
}

std::string format_diff_porcelain(const Diff& diff, const DiffLabels& labels, const JsonOptions& options, bool nul) {
  PorcelainWriter out(nul);
  out.record({"hindstat-diff", fmt::format("{}", porcelain_version)});
  out.record({"store", labels.store});
  write_side(out, "a", labels.before, labels);
  write_side(out, "b", labels.after, labels);
  for (const NotCompared& skipped : diff.comparability.not_compared) {
    out.record({"skipped", skipped.table, skipped.netns, skipped.side, skipped.reason});
  }
  for (const std::string& doubt : diff.comparability.doubts) {
    out.record({"doubt", doubt});
  }
  for (const std::string& note : diff.comparability.notes) {
    out.record({"note", note});
  }
  std::size_t shown = 0;
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, options.all)) {
      write_event(out, event, labels);
      ++shown;
    }
  }
  out.record({"end", fmt::format("{}", shown), fmt::format("{}", diff.events.size() - shown),
              fmt::format("{}", labels.filtered), fmt::format("{}", options.exit)});
  return out.take();
}

std::string format_diff_csv(const Diff& diff, const DiffLabels& labels, bool all) {
  std::string out = format_csv_names();
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, all)) {
      out += format_event_csv(event, labels);
    }
  }
  return out;
}

std::string format_range_porcelain_header(const RangeLabels& labels, const RangePoint& first, const RangePoint& last,
                                          std::size_t snapshots, bool nul) {
  PorcelainWriter out(nul);
  out.record({"hindstat-diff", fmt::format("{}", porcelain_version)});
  out.record({"store", labels.store});
  for (const auto& [name, point] : {std::pair("a", &first), std::pair("b", &last)}) {
    out.record({name, fmt::format("{}", point->id), "", labels.host, labels.format_time(point->realtime_ns), ""});
  }
  out.record({"range", fmt::format("{}", snapshots)});
  return out.take();
}

std::string format_range_porcelain_end(const RangeSummary& range, const RangeLabels& labels, int exit, bool nul) {
  PorcelainWriter out(nul);
  for (const RangeSentence& skipped : range.not_compared) {
    out.record({"skipped", skipped.text, "", fmt::format("{}", skipped.steps), ""});
  }
  for (const RangeSentence& doubt : range.doubts) {
    out.record({"doubt", doubt.text});
  }
  std::uint64_t shown = 0;
  std::uint64_t hidden = 0;
  for (const RangeCount& count : range.counts) {
    (count.shown ? shown : hidden) += count.total;
  }
  out.record({"end", fmt::format("{}", shown), fmt::format("{}", hidden), fmt::format("{}", labels.filtered),
              fmt::format("{}", exit)});
  return out.take();
}

} // namespace hindstat
