// SPDX-License-Identifier: MIT
// A range is the sum of its steps: counts, levels, lives of connections, and the events themselves, of which those that
// repeat are folded.
#include "diff/range.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "diff/flaps.h"
#include "diff/output.h"
#include "diff/socket_events.h"
#include "diff/tcp_states.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

// Of connections only the first few of each kind and table are kept in a step, and in a range; of all else so many that
// what goes to and fro is found.
constexpr std::size_t kept_connection_events = 24;
constexpr std::size_t kept_other_events = 4096;

// So much longer than usual is a gap.
constexpr std::int64_t gap_factor = 5;
constexpr std::size_t least_steps_for_usual = 3;

std::size_t most_kept(const Event& event) {
  return event.spec->name.starts_with("sock.") ? kept_connection_events : kept_other_events;
}

void count(std::map<const EventSpec*, std::map<std::string, std::uint64_t>>& counts, const Event& event) {
  ++counts[event.spec][event.table];
}

bool is_open(TcpState state) {
  return tcp_phase(state) == TcpPhase::open;
}

} // namespace

Levels count_levels(const Snapshot& snapshot) {
  Levels levels;
  for (const Table& table : snapshot.tables) {
    levels[std::string(table.spec().name)] = table.size();
  }
  const Table* table = snapshot.find_table(sockets.name());
  if (table == nullptr) {
    return levels;
  }
  const auto& states = std::get<std::vector<std::uint8_t>>(sockets.column<&Socket::state>(*table).cells());
  const auto& protocols = std::get<std::vector<std::uint8_t>>(sockets.column<&Socket::protocol>(*table).cells());
  std::array<std::uint64_t, 256> counts{};
  for (std::size_t row = 0; row < states.size(); ++row) {
    counts[states[row]] += protocols[row] == static_cast<std::uint8_t>(SocketProtocol::tcp) ? 1U : 0U;
  }
  for (const ValueName& state : NamesOf<TcpState>::values) {
    if (counts[state.value] != 0) {
      levels[fmt::format("tcp {}", state.name)] = counts[state.value];
    }
  }
  return levels;
}

StepDigest digest_step(Diff diff, const RangePoint& before, const RangePoint& after, const Snapshot& snapshot_after,
                       bool all, KeepEvents keep) {
  StepDigest step;
  step.before = before;
  step.after = after;
  step.same_boot = diff.comparability.same_boot;
  step.elapsed_ns = diff.comparability.elapsed_ns;
  step.not_compared = std::move(diff.comparability.not_compared);
  step.compared = std::move(diff.comparability.compared);
  step.doubts = std::move(diff.comparability.doubts);
  step.coverage = std::move(diff.coverage);
  const ConnectionCount connections = count_connections(diff.events);
  step.tcp = {connections.opened, connections.closed, connections.came_and_went, 0, 0};
  std::map<std::pair<const EventSpec*, std::string_view>, std::size_t> kept;
  for (Event& event : diff.events) {
    const bool shown = is_shown(diff, event, all);
    count(shown ? step.shown : step.hidden, event);
    if (const auto life = life_event_of(event)) {
      step.tcp.reopened += life->kind == LifeEvent::Kind::reopened ? 1U : 0U;
      step.tcp.reaped += life->kind == LifeEvent::Kind::gone ? 1U : 0U;
      step.lives.push_back(*life);
    }
    const std::string_view table = event.spec->table == "*" ? std::string_view() : event.spec->table;
    if (shown && keep == KeepEvents::few && kept[{event.spec, table}]++ < most_kept(event)) {
      step.events.push_back(std::move(event));
    }
  }
  step.levels = count_levels(snapshot_after);
  return step;
}

RangeFold::RangeFold(RangePoint first, const Levels& levels, bool filtered) : filtered_(filtered) {
  summary_.points.push_back(first);
  for (const ValueName& state : NamesOf<TcpState>::values) {
    const auto level = levels.find(fmt::format("tcp {}", state.name));
    open_ += level != levels.end() && is_open(static_cast<TcpState>(state.value)) ? level->second : 0;
  }
  for (const auto& [name, level] : levels) {
    summary_.levels.push_back({name, level, level, level, level, 0, 0});
  }
  open_at_start_ = open_;
}

void RangeFold::add(StepDigest step) {
  const std::size_t index = summary_.steps.size();
  summary_.points.push_back(step.after);
  RangeStep row{step.elapsed_ns, step.same_boot, step.tcp, std::nullopt, 0, std::nullopt};
  // Open on both sides: those that were there and did not close. What came and went was there on neither side.
  const std::uint64_t ended = step.tcp.closed - std::min(step.tcp.closed, step.tcp.came_and_went);
  const std::uint64_t begun = step.tcp.opened - std::min(step.tcp.opened, step.tcp.came_and_went);
  const std::uint64_t stayed = open_ - std::min(open_, ended);
  const std::uint64_t either = open_ + begun;
  open_ = stayed + begun;
  if (!filtered_) {
    row.open_after = open_;
    row.kept = either == 0 ? 1 : static_cast<double>(stayed) / static_cast<double>(either);
  }
  for (const auto& [spec, tables] : step.shown) {
    for (const auto& [table, number] : tables) {
      row.events += number;
    }
  }
  add_counts(step);
  add_levels(step.levels);
  const std::int64_t elapsed = step.same_boot ? step.elapsed_ns : std::max<std::int64_t>(step.elapsed_ns, 0);
  lives_.add(step.lives, clock_ns_, clock_ns_ + elapsed);
  clock_ns_ += elapsed;
  for (const std::string& doubt : step.doubts) {
    ++doubt_steps_[doubt];
  }
  for (const NotCompared& skipped : step.not_compared) {
    const std::string netns = skipped.netns.empty() ? "" : fmt::format(" in namespace {}", skipped.netns);
    ++not_compared_steps_[fmt::format("{}{}: {}", skipped.table, netns, skipped.reason)];
  }
  for (const std::string& table : step.compared) {
    if (std::ranges::find(summary_.compared, table) == summary_.compared.end()) {
      summary_.compared.push_back(table);
    }
  }
  for (const OpenCoverage& one : step.coverage) {
    OpenCoverage& sum = coverage_.try_emplace(one.netns, OpenCoverage{one.netns, 0, 0}).first->second;
    sum.seen += one.seen;
    sum.counted += one.counted;
  }
  summary_.steps.push_back(row);
  keep_events(std::move(step.events), index);
}

void RangeFold::add_counts(const StepDigest& step) {
  const std::size_t index = summary_.steps.size();
  for (const bool shown : {true, false}) {
    for (const auto& [spec, tables] : shown ? step.shown : step.hidden) {
      for (const auto& [table, number] : tables) {
        auto known = std::ranges::find_if(summary_.counts, [&, spec = spec, table = table](const RangeCount& count) {
          return count.spec == spec && count.table == table && count.shown == shown;
        });
        if (known == summary_.counts.end()) {
          known = summary_.counts.insert(known, {spec, table, shown, 0, 0, 0});
        }
        known->total += number;
        if (number > known->most) {
          known->most = number;
          known->most_at = index;
        }
      }
    }
  }
}

// A level that a snapshot does not have is 0 for sockets in a state; a table that was not collected has none.
void RangeFold::add_levels(const Levels& levels) {
  const std::size_t point = summary_.points.size() - 1;
  for (const auto& [name, level] : levels) {
    if (std::ranges::find(summary_.levels, name, &LevelCourse::name) == summary_.levels.end()) {
      const bool state = name.starts_with("tcp ");
      summary_.levels.push_back({name, state ? 0 : level, level, level, state ? 0 : level, point, state ? 0 : point});
    }
  }
  for (LevelCourse& course : summary_.levels) {
    const auto found = levels.find(course.name);
    const bool collected = found != levels.end() || (course.name.starts_with("tcp ") && levels.contains("socket"));
    if (!collected) {
      continue;
    }
    course.last = found != levels.end() ? found->second : 0;
    if (course.last > course.highest) {
      course.highest = course.last;
      course.highest_at = point;
    }
    if (course.last < course.lowest) {
      course.lowest = course.last;
      course.lowest_at = point;
    }
  }
}

void RangeFold::keep_events(std::vector<Event> events, std::size_t step) {
  for (Event& event : events) {
    std::size_t& kept = kept_[{event.spec, event.table}];
    if (kept < most_kept(event)) {
      ++kept;
      summary_.events.push_back({std::move(event), step});
    }
  }
}

void RangeFold::find_gaps() {
  std::vector<std::int64_t> steps;
  for (const RangeStep& step : summary_.steps) {
    if (step.same_boot) {
      steps.push_back(step.elapsed_ns);
    }
  }
  if (steps.size() < least_steps_for_usual) {
    return;
  }
  std::ranges::nth_element(steps, steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
  summary_.usual_ns = steps[steps.size() / 2];
  for (std::size_t i = 0; i < summary_.steps.size(); ++i) {
    if (summary_.steps[i].elapsed_ns > gap_factor * *summary_.usual_ns) {
      summary_.gaps.push_back({i, summary_.steps[i].elapsed_ns});
    }
  }
}

RangeSummary RangeFold::finish() && {
  find_gaps();
  summary_.lifetimes = lives_.finish(open_at_start_);
  if (filtered_) {
    summary_.lifetimes.throughout.reset();
  }
  for (const auto& [netns, coverage] : coverage_) {
    summary_.coverage.push_back(coverage);
  }
  for (const auto& [text, steps] : doubt_steps_) {
    summary_.doubts.push_back({text, steps});
  }
  for (const auto& [text, steps] : not_compared_steps_) {
    summary_.not_compared.push_back({text, steps});
  }
  const auto by_steps = [](const RangeSentence& a, const RangeSentence& b) { return a.steps > b.steps; };
  std::ranges::stable_sort(summary_.doubts, by_steps);
  std::ranges::stable_sort(summary_.not_compared, by_steps);
  std::ranges::sort(summary_.counts, [](const RangeCount& a, const RangeCount& b) {
    return std::tie(a.spec, a.table, b.shown) < std::tie(b.spec, b.table, a.shown);
  });
  for (const RangeCount& count : summary_.counts) {
    if (count.shown) {
      const std::size_t kept = kept_[{count.spec, count.table}];
      if (kept < count.total) {
        summary_.folded[{count.spec, count.table}] = count.total - kept;
      }
    }
  }
  summary_.events = fold_flaps(std::move(summary_.events));
  return std::move(summary_);
}

} // namespace hindstat
