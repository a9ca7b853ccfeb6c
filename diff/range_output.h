// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/output.h"
#include "diff/range.h"

namespace hindstat {

/// A gap that the recorder noted.
struct NotedGap {
  std::int64_t first_ns = 0; ///< CLOCK_REALTIME
  std::int64_t last_ns = 0;
  std::uint64_t count = 0; ///< Recordings that failed.
  std::string reason;
};

/// What the outputs of a range need beside it.
struct RangeLabels {
  std::string store; ///< Path of the file.
  std::string host;
  std::string window;       ///< "asked for 02:42 .. 03:42"; empty when the ends were named.
  std::string filter;       ///< As it was typed; empty without one.
  std::size_t filtered = 0; ///< Events that it left out.
  std::vector<DiffMark> marks;
  std::vector<NotedGap> gaps;
  std::function<std::string(std::int64_t)> format_time; ///< CLOCK_REALTIME, ns; as in DiffLabels.
  std::function<std::string(std::int64_t)> format_duration;
};

struct RangeTextOptions {
  bool all = false;
  bool color = false;
  bool events = true; ///< False: only the sections about the whole (--stat).
  bool steps = false; ///< With a line for each step.
};

/// A range for people: what was compared, counts with their peaks, churn, lives, levels, coverage, gaps, events.
[[nodiscard]] std::string format_range_text(const RangeSummary& range, const RangeLabels& labels,
                                            const RangeTextOptions& options);

/// The range in one line: "61 snapshots 02:42:00 .. 03:42:00: socket 212 opened, 26 closed; route 1 nexthop".
[[nodiscard]] std::string format_range_line(const RangeSummary& range, const RangeLabels& labels);

/// One step: a line that names it, and its events.
[[nodiscard]] std::string format_step_text(const Diff& diff, const DiffLabels& labels, const TextOptions& options);

/// --porcelain of a range (docs/diff-formats.md): its header, to be followed by events and then its last record.
[[nodiscard]] std::string format_range_porcelain_header(const RangeLabels& labels, const RangePoint& first,
                                                        const RangePoint& last, std::size_t snapshots, bool nul);
[[nodiscard]] std::string format_range_porcelain_end(const RangeSummary& range, const RangeLabels& labels, int exit,
                                                     bool nul);

/// JSON Lines of a range (docs/diff-json.md): its header, to be followed by events and then its trailer.
[[nodiscard]] std::string format_range_json_header(const RangeLabels& labels, const RangePoint& first,
                                                   const RangePoint& last, std::size_t snapshots);
[[nodiscard]] std::string format_range_json_trailer(const RangeSummary& range, const RangeLabels& labels, int exit);

} // namespace hindstat
