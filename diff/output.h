// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "diff/diff.h"

namespace hindstat {

/// How one snapshot is named in the output.
struct SideLabel {
  const Snapshot* snapshot = nullptr;
  std::int64_t id = 0; ///< Number in its store.
  std::string uid;
  std::string distance; ///< "asked for 03:10:00, 12.0 s earlier"; empty when it was not chosen by time.
};

/// An operator's note on the time line.
struct DiffMark {
  std::int64_t at_ns = 0; ///< CLOCK_REALTIME
  std::string host;
  std::string text;
};

/// What both outputs need beside the events. Moments and durations are given in ns.
struct DiffLabels {
  std::string store; ///< Path of the file.
  SideLabel before;
  SideLabel after;
  std::vector<DiffMark> marks; ///< Of the hosts of both sides, from one to the other.
  std::function<std::string(std::int64_t)>
    format_time; ///< CLOCK_REALTIME; for text in the viewer's zone, for JSON ISO.
  std::function<std::string(std::int64_t)> format_duration;
};

/// Whether the event is written: all are with --all, some when their table was asked for by name.
[[nodiscard]] bool is_shown(const Diff& diff, const Event& event, bool all);

/// Events by name, of those that are shown or of those that are not.
[[nodiscard]] std::map<std::string, std::size_t> count_by_name(const Diff& diff, bool shown, bool all);

/// Whether there is an event that is not hidden: what the exit status says.
[[nodiscard]] bool has_differences(const Diff& diff);

struct TextOptions {
  bool all = false;   ///< Hidden events, too, and nothing folded.
  bool color = false; ///< With terminal colours.
};
/// The diff for people: header, what was not compared, counts, and a section a table. Everything that comes from a
/// recorded host is made safe for a terminal.
[[nodiscard]] std::string format_diff_text(const Diff& diff, const DiffLabels& labels, const TextOptions& options);

struct JsonOptions {
  bool all = false;
  int exit = 0; ///< The exit status, as the trailer says it.
};
/// The diff as JSON Lines (docs/diff-json.md): header, events, trailer.
[[nodiscard]] std::string format_diff_json(const Diff& diff, const DiffLabels& labels, const JsonOptions& options);

/// What happened, without its key: "ESTABLISHED -> TIME_WAIT, we closed first". Not escaped.
[[nodiscard]] std::string describe_event(const Event& event);

} // namespace hindstat
