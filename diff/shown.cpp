// SPDX-License-Identifier: MIT
// What every form of the output has in common: which events are written, and how they and their sides are named.
#include <fmt/format.h>

#include <algorithm>

#include "diff/output.h"

namespace hindstat {

namespace {

bool is_named(const Diff& diff, const Event& event) {
  return std::ranges::find(diff.chosen, event.spec->name) != diff.chosen.end();
}

} // namespace

bool is_shown(const Diff& diff, const Event& event, bool all) {
  const EventSpec& spec = *event.spec;
  return all || !spec.hidden || is_named(diff, event)
         || (spec.shown_when_chosen && std::ranges::find(diff.chosen, event.table) != diff.chosen.end());
}

std::map<std::string, std::size_t> count_by_name(const Diff& diff, bool shown, bool all) {
  std::map<std::string, std::size_t> counts;
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, all) == shown) {
      ++counts[std::string(event.spec->name)];
    }
  }
  return counts;
}

bool has_differences(const Diff& diff) {
  return std::ranges::any_of(diff.events,
                             [&](const Event& event) { return !event.spec->hidden || is_named(diff, event); });
}

std::string sign_of(const Event& event) {
  return has_flag(event, "came_and_went") ? "+-" : std::string(1, event.spec->sigil);
}

std::string color_sign_of(const Event& event, bool color) {
  const std::string sign = sign_of(event);
  if (!color) {
    return sign;
  }
  const char kind = event.spec->sigil;
  const char digit = kind == '+' ? '2' : kind == '-' ? '1' : kind == '!' ? '5' : kind == '>' ? '6' : '3';
  return fmt::format("\x1b[3{}m{}\x1b[0m", digit, sign);
}

EventTimes times_of(const Event& event, const DiffLabels& labels) {
  const auto read_at = [&](const Snapshot& snapshot, bool end) {
    const Capture* capture = snapshot.find_capture(event.table, event.netns);
    std::int64_t after_start_us = 0;
    if (capture != nullptr) {
      after_start_us = std::int64_t{capture->began_us} + (end ? std::int64_t{capture->took_us} : 0);
    }
    return snapshot.info.clocks.realtime_ns + after_start_us * 1000;
  };
  return {read_at(*labels.before.snapshot, false), read_at(*labels.after.snapshot, true)};
}

std::string name_of(const SideLabel& side) {
  return side.label.empty() ? fmt::format("{} #{}", side.snapshot->info.host, side.id) : side.label;
}

} // namespace hindstat
