// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include "base/escape.h"
#include "base/json_writer.h"
#include "base/text_table.h"
#include "cli/notes.h"
#include "cli/sizes.h"
#include "recorder/program/keep_command.h"
#include "recorder/program/status.h"

namespace hindstat {

namespace {

// The last of many are shown; the JSON has all.
constexpr std::size_t most_shown = 5;

std::string format_amount(double bytes) {
  return format_size(static_cast<std::uint64_t>(std::clamp(bytes, 0.0, 9e18)));
}

std::string format_days(double days) {
  return days < 1 ? "less than a day" : days >= 3650 ? "more than 10 years" : fmt::format("{:.0f} days", days);
}

class TextWriter {
public:
  TextWriter(const Status& status, const Zone& zone) : status_(status), zone_(zone) {
  }

  std::string run() {
    for (const std::string& problem : status_.problems) {
      add("PROBLEM", escape_terminal(problem));
    }
    write_recording();
    write_pauses();
    write_size();
    write_notes();
    for (const std::string& problem : status_.not_collected_short) {
      add_wrapped("not collected", escape_terminal(problem));
    }
    for (const std::string& table : status_.not_asked_for) {
      add("not asked for", table);
    }
    return lines_.format();
  }

private:
  void add(std::string_view name, std::string text) {
    lines_.add({name == last_name_ ? "" : std::string(name), std::move(text)});
    last_name_ = name;
  }

  // In lines of the usual width, further ones set in.
  void add_wrapped(std::string_view name, std::string_view text) {
    constexpr std::size_t width = 80;
    std::string indent;
    while (text.size() > width) {
      const std::size_t space = text.rfind(' ', width);
      if (space == std::string_view::npos || space == 0) {
        break;
      }
      add(name, indent + std::string(text.substr(0, space)));
      text.remove_prefix(space + 1);
      indent = "  ";
    }
    add(name, indent + std::string(text));
  }

  [[nodiscard]] std::string time(std::int64_t moment) const {
    return format_time(moment, zone_);
  }

  void write_recording() {
    const SnapshotInfo& info = status_.last.info;
    add("store", escape_terminal(status_.store));
    add("host", escape_terminal(info.host));
    add("last", fmt::format("#{}  {}, {}", status_.last.id.value(), time(info.clocks.realtime_ns),
                            status_.age_ns < 0 ? format_duration(-status_.age_ns) + " in the future"
                                               : format_duration(status_.age_ns) + " ago"));
    add("snapshots",
        fmt::format("{} since {}{}", status_.snapshots, time(status_.first.info.clocks.realtime_ns),
                    status_.interval_ns ? ", usually every " + format_duration(*status_.interval_ns) : ""));
  }

  void write_pauses() {
    const auto& pauses = status_.pauses;
    for (std::size_t i = pauses.size() - std::min(pauses.size(), most_shown); i < pauses.size(); ++i) {
      const Pause& pause = pauses[i];
      add("pauses", fmt::format("{} .. {}: {}, about {} missing{}", time(pause.from_ns), time(pause.to_ns),
                                format_duration(pause.to_ns - pause.from_ns), pause.missed,
                                pause.same_boot ? "" : ", another boot after it"));
    }
    add_more("pauses", pauses.size());
    const auto& gaps = status_.gaps;
    for (std::size_t i = gaps.size() - std::min(gaps.size(), most_shown); i < gaps.size(); ++i) {
      add("gaps", fmt::format("{} .. {}: {}", time(gaps[i].first_ns), time(gaps[i].last_ns), describe_gap(gaps[i])));
    }
    add_more("gaps", gaps.size());
  }

  void add_more(std::string_view name, std::size_t count) {
    if (count > most_shown) {
      add(name, fmt::format("... {} earlier ones (--json)", count - most_shown));
    }
  }

  void write_size() {
    add("size",
        format_size(status_.size.bytes)
          + (status_.bytes_per_day ? fmt::format(", about {} a day", format_amount(*status_.bytes_per_day)) : ""));
    std::string limits = status_.limits.empty() ? "none set: nothing is removed" : format_limits(status_.limits);
    if (status_.days_to_limit) {
      limits += fmt::format("; {} in {}", format_size(*status_.limits.max_bytes), format_days(*status_.days_to_limit));
    } else if (status_.bytes_at_limits) {
      limits += fmt::format("; comes to about {}", format_amount(*status_.bytes_at_limits));
    }
    add("limits", limits);
    if (status_.disk) {
      std::string room =
        fmt::format("{} of {} free", format_size(status_.disk->available), format_size(status_.disk->total));
      const bool stays_below = status_.limits.max_bytes || status_.limits.keep_ns;
      if (status_.days_to_full_disk && !stays_below) {
        room += fmt::format(", enough for {}", format_days(*status_.days_to_full_disk));
      }
      add("disk", room);
    }
  }

  void write_notes() {
    const auto& pinned = status_.pinned;
    for (std::size_t i = pinned.size() - std::min(pinned.size(), most_shown); i < pinned.size(); ++i) {
      const auto& [entry, note] = pinned[i];
      add("pinned",
          fmt::format("#{}  {}  {}", entry.id.value(), time(entry.info.clocks.realtime_ns), escape_terminal(note)));
    }
    add_more("pinned", pinned.size());
    const auto& marks = status_.marks;
    for (std::size_t i = marks.size() - std::min(marks.size(), most_shown); i < marks.size(); ++i) {
      add("marks", fmt::format("{}  {}", time(marks[i].at_ns), escape_terminal(marks[i].text)));
    }
    add_more("marks", marks.size());
  }

  const Status& status_;
  const Zone& zone_;
  TextTable lines_{{TextTable::Align::left, TextTable::Align::left}};
  std::string_view last_name_;
};

template <typename Value>
void write_optional(JsonWriter& json, std::string_view name, const std::optional<Value>& value, double scale = 1) {
  json.key(name);
  if (value) {
    json.number(static_cast<double>(*value) / scale);
  } else {
    json.null();
  }
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) {
    json.string(text);
  }
  json.end_array();
}

void write_snapshot(JsonWriter& json, const SnapshotEntry& entry) {
  json.key("id").number(entry.id.value()).key("uid").string(entry.uid);
  json.key("time").string(format_time_iso(entry.info.clocks.realtime_ns));
}

void write_limits(JsonWriter& json, const Limits& limits) {
  json.key("limits").begin_object();
  write_optional(json, "keep_s", limits.keep_ns, 1e9);
  json.key("max_bytes");
  if (limits.max_bytes) {
    json.number(*limits.max_bytes);
  } else {
    json.null();
  }
  json.key("thin").begin_array();
  for (const Thinning& thin : limits.thin) {
    json.begin_object().key("every_s").number(static_cast<double>(thin.every_ns) / 1e9);
    json.key("after_s").number(static_cast<double>(thin.after_ns) / 1e9).end_object();
  }
  json.end_array().end_object();
}

void write_times(JsonWriter& json, const Status& status) {
  json.key("pauses").begin_array();
  for (const Pause& pause : status.pauses) {
    json.begin_object().key("from").string(format_time_iso(pause.from_ns));
    json.key("to").string(format_time_iso(pause.to_ns));
    json.key("missed").number(pause.missed).key("same_boot").boolean(pause.same_boot).end_object();
  }
  json.end_array().key("gaps").begin_array();
  for (const Gap& gap : status.gaps) {
    write_gap(json, gap);
  }
  json.end_array().key("marks").begin_array();
  for (const Mark& mark : status.marks) {
    write_mark(json, mark);
  }
  json.end_array().key("pinned").begin_array();
  for (const auto& [entry, note] : status.pinned) {
    json.begin_object();
    write_snapshot(json, entry);
    json.key("note").string(note).end_object();
  }
  json.end_array();
}

} // namespace

std::string format_status_text(const Status& status, const Zone& zone) {
  return TextWriter(status, zone).run();
}

std::string format_status_json(const Status& status) {
  JsonWriter json;
  json.begin_object().key("v").number(std::uint64_t{1});
  json.key("ok").boolean(status.problems.empty());
  write_texts(json, "problems", status.problems);
  json.key("store").string(status.store);
  json.key("host").string(status.last.info.host).key("machine_id").string(status.last.info.machine_id);
  json.key("now").string(format_time_iso(status.now_ns));
  json.key("last").begin_object();
  write_snapshot(json, status.last);
  json.key("age_s").number(static_cast<double>(status.age_ns) / 1e9).end_object();
  json.key("first").begin_object();
  write_snapshot(json, status.first);
  json.end_object();
  json.key("snapshots").number(status.snapshots);
  write_optional(json, "interval_s", status.interval_ns, 1e9);
  json.key("bytes").number(status.size.bytes).key("free_bytes").number(status.size.free_bytes);
  write_optional(json, "bytes_per_day", status.bytes_per_day);
  write_limits(json, status.limits);
  write_optional(json, "bytes_at_limits", status.bytes_at_limits);
  write_optional(json, "days_to_limit", status.days_to_limit);
  json.key("disk_available");
  if (status.disk) {
    json.number(status.disk->available);
  } else {
    json.null();
  }
  write_optional(json, "days_to_full_disk", status.days_to_full_disk);
  write_times(json, status);
  write_texts(json, "not_collected", status.not_collected);
  write_texts(json, "not_asked_for", status.not_asked_for);
  json.end_object();
  return json.take() + '\n';
}

} // namespace hindstat
