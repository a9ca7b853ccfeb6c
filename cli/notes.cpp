// SPDX-License-Identifier: MIT
#include "cli/notes.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/escape.h"
#include "base/text_table.h"

namespace hindstat {

std::vector<Mark> marks_between(const StoreNotes& notes, const SnapshotInfo& info, std::int64_t from_ns,
                                std::int64_t to_ns) {
  std::vector<Mark> found;
  std::ranges::copy_if(notes.marks, std::back_inserter(found), [&](const Mark& mark) {
    return mark.host == info.host && mark.machine_id == info.machine_id && from_ns <= mark.at_ns && mark.at_ns <= to_ns;
  });
  return found;
}

std::string describe_gap(const Gap& gap) {
  return fmt::format("{} recording{} could not be stored: {}", gap.count, gap.count == 1 ? "" : "s",
                     describe(gap.reason));
}

std::map<std::string, std::string> pin_notes(const StoreNotes& notes) {
  std::map<std::string, std::string> by_uid;
  for (const Pin& pin : notes.pins) {
    by_uid[pin.uid] = pin.note;
  }
  return by_uid;
}

std::string format_notes(const StoreNotes& notes, const std::vector<SnapshotEntry>& entries, const Zone& zone) {
  using Align = TextTable::Align;
  std::string text;
  const auto add_section = [&](std::string_view name, const TextTable& lines) {
    if (!lines.empty()) {
      text += fmt::format("\n{}\n{}", name, lines.format());
    }
  };
  TextTable marks({Align::left, Align::left, Align::left});
  for (const Mark& mark : notes.marks) {
    marks.add({format_time(mark.at_ns, zone), escape_terminal(mark.host), escape_terminal(mark.text)});
  }
  add_section("marks", marks);
  TextTable pins({Align::right, Align::left, Align::left, Align::left});
  const auto pinned = pin_notes(notes);
  for (const SnapshotEntry& entry : entries) {
    if (const auto pin = pinned.find(entry.uid); pin != pinned.end()) {
      pins.add({fmt::format("#{}", entry.id.value()), escape_terminal(entry.info.host),
                format_time(entry.info.clocks.realtime_ns, zone), escape_terminal(pin->second)});
    }
  }
  add_section("pinned", pins);
  TextTable gaps({Align::left, Align::left, Align::left});
  for (const Gap& gap : notes.gaps) {
    gaps.add({fmt::format("{} .. {}", format_time(gap.first_ns, zone), format_time(gap.last_ns, zone)),
              escape_terminal(gap.host), describe_gap(gap)});
  }
  add_section("gaps", gaps);
  return text;
}

void write_mark(JsonWriter& json, const Mark& mark) {
  json.begin_object().key("kind").string("mark");
  json.key("uid").string(mark.uid).key("host").string(mark.host).key("machine_id").string(mark.machine_id);
  json.key("time").string(format_time_iso(mark.at_ns)).key("made").string(format_time_iso(mark.made_ns));
  json.key("text").string(mark.text).end_object();
}

void write_gap(JsonWriter& json, const Gap& gap) {
  json.begin_object().key("kind").string("gap");
  json.key("host").string(gap.host).key("machine_id").string(gap.machine_id);
  json.key("reason").string(name_of(gap.reason));
  json.key("first").string(format_time_iso(gap.first_ns)).key("last").string(format_time_iso(gap.last_ns));
  json.key("count").number(gap.count).end_object();
}

} // namespace hindstat
