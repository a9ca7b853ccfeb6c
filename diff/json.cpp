// SPDX-License-Identifier: MIT
// JSON Lines, described in docs/diff-json.md. Members that are unknown are left out; those named there as required
// are always present.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "diff/output.h"
#include "diff/socket_events.h"

namespace hindstat {

namespace {

constexpr std::uint64_t format_version = 1;

void write_side(JsonWriter& json, const SideLabel& side, const DiffLabels& labels) {
  const SnapshotInfo& info = side.snapshot->info;
  json.begin_object();
  json.key("host").string(info.host);
  json.key("id").number(side.id);
  json.key("uid").string(side.uid);
  json.key("t").string(labels.format_time(info.clocks.realtime_ns));
  if (!side.label.empty()) {
    json.key("label").string(side.label);
  }
  json.end_object();
}

void write_header(JsonWriter& json, const Diff& diff, const DiffLabels& labels) {
  const Comparability& answer = diff.comparability;
  json.begin_object();
  json.key("v").number(format_version).key("ev").string("header");
  json.key("store").string(labels.store);
  json.key("a");
  write_side(json, labels.before, labels);
  json.key("b");
  write_side(json, labels.after, labels);
  json.key("marks").begin_array();
  for (const DiffMark& mark : labels.marks) {
    json.begin_object().key("t").string(labels.format_time(mark.at_ns));
    json.key("host").string(mark.host).key("text").string(mark.text).end_object();
  }
  json.end_array();
  json.key("elapsed_s").number(static_cast<double>(answer.elapsed_ns) / 1e9);
  json.key("same_boot").boolean(answer.same_boot);
  json.key("compared").begin_array();
  for (const std::string& table : answer.compared) {
    json.string(table);
  }
  json.end_array();
  json.key("skipped").begin_array();
  for (const NotCompared& skipped : answer.not_compared) {
    json.begin_object();
    json.key("table").string(skipped.table).key("netns").string(skipped.netns);
    json.key("side").string(skipped.side).key("why").string(skipped.reason);
    json.end_object();
  }
  json.end_array();
  const auto write_sentences = [&](std::string_view name, const std::vector<std::string>& sentences) {
    json.key(name).begin_array();
    for (const std::string& sentence : sentences) {
      json.string(sentence);
    }
    json.end_array();
  };
  write_sentences("doubts", answer.doubts);
  write_sentences("notes", answer.notes);
  if (!labels.filter.empty()) {
    json.key("filter").string(labels.filter);
  }
  json.end_object();
}

void write_optional(JsonWriter& json, const std::optional<std::string>& value) {
  if (value) {
    json.string(*value);
  } else {
    json.null();
  }
}

void write_changes(JsonWriter& json, const Event& event) {
  if (event.changed.empty()) {
    return;
  }
  json.key("changed").begin_object();
  for (const EventChange& change : event.changed) {
    json.key(change.column).begin_array();
    write_optional(json, change.from);
    write_optional(json, change.to);
    json.end_array();
  }
  json.end_object();
}

void write_event(JsonWriter& json, const Event& event, const DiffLabels& labels) {
  json.begin_object();
  json.key("v").number(format_version).key("ev").string(event.spec->name);
  json.key("table").string(event.table).key("netns").string(event.netns).key("key").string(event.key);
  if (!event.incarnation.empty()) {
    json.key("inc").string(event.incarnation);
  }
  if (!event.owner.empty()) {
    json.key("owner").string(event.owner);
  }
  for (const EventField& field : event.fields) {
    json.key(field.name);
    if (is_boolean_field(field.name)) {
      json.boolean(field.value == "true");
    } else {
      json.string(field.value);
    }
  }
  write_changes(json, event);
  json.key("t").begin_array();
  const EventTimes times = times_of(event, labels);
  json.string(labels.format_time(times.before_ns));
  json.string(labels.format_time(times.after_ns));
  json.end_array();
  json.key("conf").string(name_of(event.confidence));
  json.key("why").begin_array();
  for (const std::string& why : event.why) {
    json.string(why);
  }
  json.end_array();
  json.key("severity").string(name_of(severity_of(event)));
  json.end_object();
}

void write_counts(JsonWriter& json, std::string_view name, const std::map<std::string, std::size_t>& counts) {
  json.key(name).begin_object();
  for (const auto& [kind, count] : counts) {
    json.key(kind).number(std::uint64_t{count});
  }
  json.end_object();
}

void write_coverage(JsonWriter& json, const std::vector<OpenCoverage>& coverage) {
  json.key("coverage").begin_array();
  for (const OpenCoverage& one : coverage) {
    json.begin_object();
    json.key("netns").string(one.netns);
    json.key("opens_seen").number(one.seen).key("opens_counted").number(one.counted);
    json.key("share").number(static_cast<double>(one.seen) / static_cast<double>(one.counted));
    json.end_object();
  }
  json.end_array();
}

void write_trailer(JsonWriter& json, const Diff& diff, const DiffLabels& labels, const JsonOptions& options) {
  const auto shown = count_by_name(diff, true, options.all);
  const auto hidden = count_by_name(diff, false, options.all);
  const ConnectionCount connections = count_connections(diff.events);
  json.begin_object();
  json.key("v").number(format_version).key("ev").string("trailer");
  write_counts(json, "counts", shown);
  write_counts(json, "hidden", hidden);
  if (!labels.filter.empty()) {
    json.key("filtered").number(std::uint64_t{labels.filtered});
  }
  json.key("connections").begin_object();
  json.key("opened").number(std::uint64_t{connections.opened});
  json.key("closed").number(std::uint64_t{connections.closed});
  json.key("came_and_went").number(std::uint64_t{connections.came_and_went});
  json.end_object();
  if (!diff.coverage.empty()) {
    write_coverage(json, diff.coverage);
  }
  json.key("truncated").boolean(false);
  json.key("exit").number(std::int64_t{options.exit});
  json.end_object();
}

} // namespace

std::string format_event_json(const Event& event, const DiffLabels& labels) {
  JsonWriter json;
  write_event(json, event, labels);
  return json.take() + '\n';
}

std::string format_diff_json(const Diff& diff, const DiffLabels& labels, const JsonOptions& options) {
  std::string out;
  const auto add_line = [&](auto&& write) {
    JsonWriter json;
    write(json);
    out += json.text();
    out += '\n';
  };
  add_line([&](JsonWriter& json) { write_header(json, diff, labels); });
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, options.all)) {
      out += format_event_json(event, labels);
    }
  }
  add_line([&](JsonWriter& json) { write_trailer(json, diff, labels, options); });
  return out;
}

} // namespace hindstat
