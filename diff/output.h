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
  std::string distance;   ///< "asked for 03:10:00, 12.0 s earlier"; empty when it was not chosen by time.
  std::string label = {}; ///< What it is called instead of host and number (--label); empty: these.
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
  std::string filter;       ///< The filters as they were typed; empty: none.
  std::size_t filtered = 0; ///< Events that they left out.
};

/// Whether the event is written: all are with --all, some when their table was asked for by name.
[[nodiscard]] bool is_shown(const Diff& diff, const Event& event, bool all);

/// Events by name, of those that are shown or of those that are not.
[[nodiscard]] std::map<std::string, std::size_t> count_by_name(const Diff& diff, bool shown, bool all);

/// Whether there is an event that is not hidden, or whose kind was asked for by name: what the exit status says.
[[nodiscard]] bool has_differences(const Diff& diff);

/// "+-" for what came and went, else the sign of its kind.
[[nodiscard]] std::string sign_of(const Event& event);
/// The same in its colour, where colours are wanted.
[[nodiscard]] std::string color_sign_of(const Event& event, bool color);
/// Row of A last seen when its table was begun to be read, row of B first seen when that ended; CLOCK_REALTIME, ns.
struct EventTimes {
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
};
[[nodiscard]] EventTimes times_of(const Event& event, const DiffLabels& labels);
/// "gw1 #4816", or the label.
[[nodiscard]] std::string name_of(const SideLabel& side);

struct TextOptions {
  bool all = false;      ///< Hidden events, too, and nothing folded.
  bool color = false;    ///< With terminal colours.
  std::size_t width = 0; ///< Columns of the terminal, to break long lines at; 0: lines are as long as they are.
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

/// --stat: how many events of each kind each table has, its rows and its churn: what was added and removed, against the
/// rows of both sides. Ends with the line of format_diff_shortstat().
[[nodiscard]] std::string format_diff_stat(const Diff& diff, const DiffLabels& labels, bool all);
/// --shortstat: one line, "3 tables changed, 212 opened or added (+), 26 closed or removed (-)"; "no difference".
[[nodiscard]] std::string format_diff_shortstat(const Diff& diff, bool all);
/// --name-status: a line (or with `nul` a text ended by NUL) an event, sign TAB table TAB key, escaped as
/// escape_terminal() does.
[[nodiscard]] std::string format_diff_name_status(const Diff& diff, bool all, bool nul);
/// --porcelain (docs/diff-formats.md): a record a line, or with `nul` each ended by NUL; its fields are separated by
/// TAB and escaped as escape_terminal() does.
[[nodiscard]] std::string format_diff_porcelain(const Diff& diff, const DiffLabels& labels, const JsonOptions& options,
                                                bool nul);
/// --csv: RFC 4180, a line of names and one an event.
[[nodiscard]] std::string format_diff_csv(const Diff& diff, const DiffLabels& labels, bool all);

// One event of these forms, with the end of its line.
[[nodiscard]] std::string format_event_json(const Event& event, const DiffLabels& labels);
[[nodiscard]] std::string format_event_name_status(const Event& event, bool nul);
[[nodiscard]] std::string format_event_porcelain(const Event& event, const DiffLabels& labels, bool nul);
[[nodiscard]] std::string format_csv_names();
[[nodiscard]] std::string format_event_csv(const Event& event, const DiffLabels& labels);

/// What happened, without its key: "ESTABLISHED -> TIME_WAIT, we closed first". Not escaped.
[[nodiscard]] std::string describe_event(const Event& event);

} // namespace hindstat
