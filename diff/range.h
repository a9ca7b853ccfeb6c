// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diff/diff.h"
#include "diff/lifetimes.h"
#include "tables/snapshot.h"

namespace hindstat {

/// One snapshot of a range.
struct RangePoint {
  std::int64_t id = 0; ///< Its number in the store.
  std::int64_t realtime_ns = 0;
  std::int64_t boottime_ns = 0;
};

/// An event with its place in a range: it happened after point `step` and before point `step` + 1.
struct RangeEvent {
  Event event;
  std::size_t step = 0;
};

/// What became of TCP connections in one step. Those that came and went are in both opened and closed.
struct ConnectionStep {
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t came_and_went = 0;
  std::uint64_t reopened = 0; ///< In opened and, where the old one was still open, in closed.
  std::uint64_t reaped = 0;
};

/// Rows by table ("route"), and TCP sockets by state ("tcp ESTABLISHED").
using Levels = std::map<std::string, std::uint64_t>;

/// What a range keeps of one step.
struct StepDigest {
  RangePoint before;
  RangePoint after;
  bool same_boot = true;
  std::int64_t elapsed_ns = 0; ///< As Comparability::elapsed_ns.
  std::vector<NotCompared> not_compared;
  std::vector<std::string> compared;
  std::vector<std::string> doubts;
  std::vector<OpenCoverage> coverage;
  std::map<const EventSpec*, std::map<std::string, std::uint64_t>> shown; ///< Events by kind and table.
  std::map<const EventSpec*, std::map<std::string, std::uint64_t>> hidden;
  ConnectionStep tcp;
  std::vector<LifeEvent> lives;
  Levels levels;             ///< After the step.
  std::vector<Event> events; ///< Those that are shown; of each kind of connection event the first few.
};

/// Which events of a range are kept to its end: none, or those that tell what happened without telling it again and
/// again.
enum class KeepEvents { none, few };

/// What a range needs of a step; takes what it keeps of the diff's events. `all`: hidden events count as shown.
[[nodiscard]] StepDigest digest_step(Diff diff, const RangePoint& before, const RangePoint& after,
                                     const Snapshot& snapshot_after, bool all, KeepEvents keep = KeepEvents::few);
/// TCP sockets by state, and rows by table.
[[nodiscard]] Levels count_levels(const Snapshot& snapshot);

/// A level's course through a range.
struct LevelCourse {
  std::string name;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t highest = 0;
  std::uint64_t lowest = 0;
  std::size_t highest_at = 0; ///< Index of a point: the first that has it.
  std::size_t lowest_at = 0;
};

/// Events of one kind and table.
struct RangeCount {
  const EventSpec* spec = nullptr;
  std::string table;
  bool shown = true;
  std::uint64_t total = 0;
  std::uint64_t most = 0;  ///< In one step ...
  std::size_t most_at = 0; ///< ... which is this.
};

/// A step during which nothing was recorded although it usually would have been.
struct RangeGap {
  std::size_t step = 0;
  std::int64_t elapsed_ns = 0;
};

/// What was said of several steps.
struct RangeSentence {
  std::string text;
  std::size_t steps = 0;
};

/// One step's churn of TCP connections, for a list of steps.
struct RangeStep {
  std::int64_t elapsed_ns = 0;
  bool same_boot = true;
  ConnectionStep tcp;
  /// TCP connections in SYN_SENT, SYN_RECV, ESTABLISHED or CLOSE_WAIT; nullopt when events were left out, which leave
  /// no trace in the rows.
  std::optional<std::uint64_t> open_after;
  std::uint64_t events = 0; ///< Shown, of all tables.
  /// Connections open on both sides, of those open on either (Jaccard index); 1 where there is none, nullopt as above.
  std::optional<double> kept;
};

/// Everything that happened in a range of snapshots.
struct RangeSummary {
  std::vector<RangePoint> points;       ///< At least one.
  std::vector<RangeStep> steps;         ///< points.size() - 1
  std::optional<std::int64_t> usual_ns; ///< Median step; nullopt with fewer than three.
  std::vector<RangeGap> gaps;
  std::vector<std::string> compared;
  std::vector<RangeSentence> not_compared;
  std::vector<RangeSentence> doubts;
  std::vector<RangeCount> counts; ///< In the order of the event catalog, then by table.
  std::vector<LevelCourse> levels;
  std::vector<OpenCoverage> coverage;
  Lifetimes lifetimes;
  std::vector<RangeEvent> events; ///< In the order of tables, kinds, keys of each step; what is folded is counted.
  std::map<std::pair<const EventSpec*, std::string>, std::uint64_t> folded; ///< By kind and table.
};

/// Puts the steps of a range together.
class RangeFold {
public:
  /// `levels`: those of the first snapshot. `filtered`: the steps may have fewer events than there were.
  RangeFold(RangePoint first, const Levels& levels, bool filtered = false);
  /// Steps in their order.
  void add(StepDigest step);
  [[nodiscard]] RangeSummary finish() &&;

private:
  void add_counts(const StepDigest& step);
  void add_levels(const Levels& levels);
  void keep_events(std::vector<Event> events, std::size_t step);
  void find_gaps();

  RangeSummary summary_;
  LifeTracker lives_;
  bool filtered_;
  std::uint64_t open_ = 0; ///< TCP connections that are open now.
  std::uint64_t open_at_start_ = 0;
  std::int64_t clock_ns_ = 0; ///< Since the first snapshot; boots follow each other by the wall clock.
  std::map<std::string, std::size_t> doubt_steps_;
  std::map<std::string, std::size_t> not_compared_steps_;
  std::map<std::string, OpenCoverage> coverage_;
  std::map<std::pair<const EventSpec*, std::string>, std::size_t> kept_;
};

} // namespace hindstat
