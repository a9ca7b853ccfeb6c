// SPDX-License-Identifier: MIT
// A range for people. The summary comes first: what a day held must be seen before its thousands of lines.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/escape.h"
#include "base/text_table.h"
#include "diff/folding.h"
#include "diff/range_output.h"
#include "diff/tcp_states.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

using Align = TextTable::Align;

constexpr std::size_t lines_before_folding = 20;

std::string_view short_name(std::string_view kind) {
  return kind.substr(kind.find('.') + 1);
}

// "2026-11-21 03:09:00 +0000" and "2026-11-21 03:10:00 +0000" as "2026-11-21 03:09:00..03:10:00": the header has the
// zone. What does not look like this is written in full.
std::string join_times(const std::string& from, const std::string& to) {
  const std::size_t date = from.find(' ');
  const std::size_t zone = from.rfind(' ');
  const bool alike = date != std::string::npos && zone > date && to.size() == from.size()
                     && to.compare(zone, std::string::npos, from, zone) == 0;
  if (!alike) {
    return from + ".." + to;
  }
  const bool same_day = to.compare(0, date, from, 0, date) == 0;
  return from.substr(0, zone) + ".." + (same_day ? to.substr(date + 1, zone - date - 1) : to.substr(0, zone));
}

class RangeWriter {
public:
  RangeWriter(const RangeSummary& range, const RangeLabels& labels, const RangeTextOptions& options)
    : range_(range), labels_(labels), options_(options) {
  }

  std::string run() {
    write_header();
    write_counts();
    write_churn();
    write_lifetimes();
    write_levels();
    write_coverage();
    if (options_.steps) {
      write_steps();
    }
    if (options_.events) {
      write_events();
    }
    return std::move(out_);
  }

  std::string run_line() {
    std::string text =
      fmt::format("{} snapshots {} .. {}:", range_.points.size(), time_of(0), time_of(range_.points.size() - 1));
    const std::vector<std::string> tables = tables_with_counts();
    for (const std::string& table : tables) {
      text += fmt::format("{} {} {}", &table == &tables.front() ? "" : ";", table, list_counts(table));
    }
    return text + (tables.empty() ? " no difference\n" : "\n");
  }

private:
  void line(const std::string& text) {
    out_ += text;
    out_ += '\n';
  }
  void heading(std::string_view text) {
    line("");
    line(std::string(text));
  }
  [[nodiscard]] std::string time_of(std::size_t point) const {
    return labels_.format_time(range_.points[point].realtime_ns);
  }
  // A step: after which snapshot and before which.
  [[nodiscard]] std::string span_of(std::size_t step) const {
    return join_times(time_of(step), time_of(step + 1));
  }
  [[nodiscard]] std::string bounds(const DurationBounds& duration) const {
    const std::string least = labels_.format_duration(duration.least);
    const std::string most = labels_.format_duration(duration.most);
    return least == most ? most : fmt::format("{} .. {}", least, most);
  }

  void write_header() {
    const RangePoint& first = range_.points.front();
    const RangePoint& last = range_.points.back();
    line(fmt::format("store {}", escape_terminal(labels_.store)));
    const std::string usual =
      range_.usual_ns ? fmt::format(", usually {} apart", labels_.format_duration(*range_.usual_ns)) : "";
    line(fmt::format("{} #{}..#{}  {} .. {}  {} snapshots{}", escape_terminal(labels_.host), first.id, last.id,
                     time_of(0), time_of(range_.points.size() - 1), range_.points.size(), usual));
    if (!labels_.window.empty()) {
      line(escape_terminal(labels_.window));
    }
    for (const DiffMark& mark : labels_.marks) {
      line(fmt::format("mark {}  {}: {}", labels_.format_time(mark.at_ns), escape_terminal(mark.host),
                       escape_terminal(mark.text)));
    }
    for (const RangeGap& gap : range_.gaps) {
      line(fmt::format("gap  {}  {} without a snapshot: what came and went there was not seen", span_of(gap.step),
                       labels_.format_duration(gap.elapsed_ns)));
    }
    for (const NotedGap& gap : labels_.gaps) {
      line(fmt::format("gap  {} .. {}  {} recordings failed: {}", labels_.format_time(gap.first_ns),
                       labels_.format_time(gap.last_ns), gap.count, escape_terminal(gap.reason)));
    }
    std::string compared;
    for (const std::string& table : range_.compared) {
      compared += (compared.empty() ? "" : ", ") + table;
    }
    line(fmt::format("compared: {}", compared.empty() ? "nothing" : compared));
    write_sentences("not compared", range_.not_compared);
    write_sentences("doubt", range_.doubts);
    if (!labels_.filter.empty()) {
      std::uint64_t left = 0;
      for (const RangeCount& count : range_.counts) {
        left += count.total;
      }
      line(
        fmt::format("filter: {}  ({} of {} events)", escape_terminal(labels_.filter), left, left + labels_.filtered));
    }
  }

  void write_sentences(std::string_view what, const std::vector<RangeSentence>& sentences) {
    constexpr std::size_t most = 12;
    for (std::size_t i = 0; i < sentences.size() && (i < most || options_.all); ++i) {
      const RangeSentence& sentence = sentences[i];
      const std::string steps = sentence.steps == range_.steps.size()
                                  ? ""
                                  : fmt::format(" (in {} of {} steps)", sentence.steps, range_.steps.size());
      line(escape_terminal(fmt::format("{}: {}{}", what, sentence.text, steps)));
    }
    if (sentences.size() > most && !options_.all) {
      line(fmt::format("... {} more of this kind (--all)", sentences.size() - most));
    }
  }

  [[nodiscard]] std::vector<std::string> tables_with_counts() const {
    std::vector<std::string> tables;
    for (const RangeCount& count : range_.counts) {
      if (count.shown && std::ranges::find(tables, count.table) == tables.end()) {
        tables.push_back(count.table);
      }
    }
    return tables;
  }

  [[nodiscard]] std::string list_counts(const std::string& table) const {
    std::string text;
    for (const RangeCount& count : range_.counts) {
      if (count.table == table && count.shown) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.total, short_name(count.spec->name));
      }
    }
    return text;
  }

  void write_counts() {
    heading("events");
    TextTable lines({Align::left, Align::left, Align::right, Align::left});
    bool any = false;
    std::uint64_t hidden = 0;
    for (const RangeCount& count : range_.counts) {
      if (!count.shown) {
        hidden += count.total;
        continue;
      }
      any = true;
      const std::string most = count.most == count.total
                                 ? fmt::format("all in {}", span_of(count.most_at))
                                 : fmt::format("most {} in {}", count.most, span_of(count.most_at));
      lines.add({std::string(1, count.spec->sigil), fmt::format("{} {}", count.table, short_name(count.spec->name)),
                 fmt::format("{}", count.total), most});
    }
    if (!any) {
      line(range_.compared.empty()  ? "nothing could be compared"
           : labels_.filter.empty() ? "no difference"
                                    : "no difference that fits the filter");
    }
    out_ += lines.format();
    if (hidden != 0) {
      line(fmt::format("({} hidden, --all shows them)", hidden));
    }
  }

  void write_churn() {
    ConnectionStep sum;
    double kept = 0;
    const RangeStep* lowest = nullptr;
    for (const RangeStep& step : range_.steps) {
      sum.opened += step.tcp.opened;
      sum.closed += step.tcp.closed;
      sum.came_and_went += step.tcp.came_and_went;
      sum.reopened += step.tcp.reopened;
      sum.reaped += step.tcp.reaped;
      if (step.kept) {
        kept += *step.kept;
        lowest = lowest == nullptr || *step.kept < *lowest->kept ? &step : lowest;
      }
    }
    if (sum.opened + sum.closed == 0) {
      return;
    }
    const double steps = static_cast<double>(range_.steps.size());
    heading("churn of TCP connections");
    line(
      fmt::format("{} opened, {} closed ({} of them came and went between two snapshots), {} reopened; {:.1f} opened "
                  "and {:.1f} closed a step",
                  sum.opened, sum.closed, sum.came_and_went, sum.reopened, static_cast<double>(sum.opened) / steps,
                  static_cast<double>(sum.closed) / steps));
    if (lowest != nullptr) {
      line(fmt::format("kept from step to step: {:.1f} % on average, least {:.1f} % in {}", 100 * kept / steps,
                       100 * *lowest->kept, span_of(static_cast<std::size_t>(lowest - range_.steps.data()))));
    }
  }

  void write_lifetimes() {
    const Lifetimes& lives = range_.lifetimes;
    if (lives.whole.count + lives.from_before + lives.still_open == 0) {
      return;
    }
    heading("lives of TCP connections (snapshots bound them from both sides)");
    TextTable lines({Align::left, Align::right, Align::left, Align::left, Align::left});
    const auto add = [&](const std::string& what, const DurationQuantiles& times) {
      if (times.count != 0) {
        lines.add({what, fmt::format("{}", times.count), "median " + bounds(times.median), "95 % " + bounds(times.p95),
                   "longest " + bounds(times.longest)});
      }
    };
    add("opened and closed here", lives.whole);
    for (const StateDwell& dwell : lives.states) {
      add(fmt::format("in {}", format_tcp_state(dwell.state)), dwell.whole);
    }
    out_ += lines.format();
    line(fmt::format("of unknown length: {} closed that were there at the start, {} opened that are open at the end{}",
                     lives.from_before, lives.still_open,
                     lives.throughout ? fmt::format(", {} open throughout", *lives.throughout) : ""));
  }

  void write_levels() {
    TextTable lines({Align::left, Align::right, Align::left, Align::right, Align::left, Align::left});
    bool any = false;
    for (const LevelCourse& level : range_.levels) {
      if (level.highest == level.lowest || level.name == "socket") {
        continue;
      }
      any = true;
      lines.add({level.name, fmt::format("{}", level.first), "->", fmt::format("{}", level.last),
                 fmt::format("highest {} at {}", level.highest, time_of(level.highest_at)),
                 fmt::format("lowest {} at {}", level.lowest, time_of(level.lowest_at))});
    }
    if (any) {
      heading(labels_.filter.empty() ? "levels (rows, and TCP sockets by state)"
                                     : "levels (all rows, and all TCP sockets by state, whatever the filter)");
      out_ += lines.format();
    }
    std::string same;
    for (const LevelCourse& level : range_.levels) {
      if (level.highest == level.lowest && level.highest != 0) {
        same += fmt::format("{}{} {}", same.empty() ? "" : ", ", level.highest, level.name);
      }
    }
    if (!same.empty()) {
      line("all the time: " + same);
    }
  }

  void write_coverage() {
    for (const OpenCoverage& one : range_.coverage) {
      const std::string where = one.netns.empty() ? "" : fmt::format(" in namespace {}", escape_terminal(one.netns));
      const double percent = 100 * static_cast<double>(one.seen) / static_cast<double>(one.counted);
      line("");
      line(one.seen == one.counted
             ? fmt::format("coverage{}: saw every TCP open that the kernel counted ({})", where, one.seen)
             : fmt::format("coverage{}: saw {} of ~{} TCP opens ({:.1f} %); shorter connections are invisible to "
                           "snapshots",
                           where, one.seen, one.counted, percent));
    }
  }

  void write_steps() {
    heading("steps");
    TextTable lines({Align::left, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right,
                     Align::right, Align::right, Align::left});
    lines.add({"until", "after", "events", "opened", "closed", "c&w", "reopened", "open", "kept %", ""});
    for (std::size_t i = 0; i < range_.steps.size(); ++i) {
      const RangeStep& step = range_.steps[i];
      const bool gap = std::ranges::find(range_.gaps, i, &RangeGap::step) != range_.gaps.end();
      lines.add({time_of(i + 1), labels_.format_duration(step.elapsed_ns), fmt::format("{}", step.events),
                 fmt::format("{}", step.tcp.opened), fmt::format("{}", step.tcp.closed),
                 fmt::format("{}", step.tcp.came_and_went), fmt::format("{}", step.tcp.reopened),
                 step.open_after ? fmt::format("{}", *step.open_after) : "",
                 step.kept ? fmt::format("{:.1f}", 100 * *step.kept) : "",
                 !step.same_boot ? "another boot"
                 : gap           ? "gap"
                                 : ""});
    }
    out_ += lines.format();
  }

  // By table, in the order of steps.
  void write_events() {
    for (const std::string& table : tables_with_counts()) {
      heading(table);
      TextTable lines({Align::left, Align::left, Align::left, Align::left, Align::left});
      std::map<const EventSpec*, std::uint64_t> written;
      std::map<const EventSpec*, std::uint64_t> more;
      for (const RangeEvent& one : range_.events) {
        if (one.event.table != table) {
          continue;
        }
        if (++written[one.event.spec] > lines_before_folding && !options_.all) {
          ++more[one.event.spec];
          continue;
        }
        lines.add({span_of(one.step), color_sign_of(one.event, options_.color), format_key(one.event),
                   escape_terminal(one.event.owner), escape_terminal(describe_event(one.event))});
      }
      out_ += lines.format();
      for (const auto& [place, folded] : range_.folded) {
        if (place.second == table) {
          more[place.first] += folded;
        }
      }
      for (const auto& [spec, count] : more) {
        line(fmt::format("   ... {} more {} (--all)", count, spec->name));
      }
    }
  }

  [[nodiscard]] static std::string format_key(const Event& event) {
    const std::string key = escape_terminal(event.key);
    return event.netns.empty() ? key : fmt::format("[{}] {}", escape_terminal(event.netns), key);
  }

  const RangeSummary& range_;
  const RangeLabels& labels_;
  const RangeTextOptions& options_;
  std::string out_;
};

} // namespace

std::string format_range_text(const RangeSummary& range, const RangeLabels& labels, const RangeTextOptions& options) {
  return RangeWriter(range, labels, options).run();
}

std::string format_range_line(const RangeSummary& range, const RangeLabels& labels) {
  return RangeWriter(range, labels, {}).run_line();
}

std::string format_step_text(const Diff& diff, const DiffLabels& labels, const TextOptions& options) {
  std::vector<const Event*> shown;
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, options.all)) {
      shown.push_back(&event);
    }
  }
  std::string out =
    fmt::format("== {} .. {}  #{}..#{}  {}{}{}\n", labels.format_time(labels.before.snapshot->info.clocks.realtime_ns),
                labels.format_time(labels.after.snapshot->info.clocks.realtime_ns), labels.before.id, labels.after.id,
                labels.format_duration(std::llabs(diff.comparability.elapsed_ns)),
                diff.comparability.same_boot ? "" : "  another boot", shown.empty() ? "  no difference" : "");
  const FoldedLines folded = fold_lines(shown, options.all);
  TextTable lines({Align::left, Align::left, Align::left, Align::left, Align::left});
  for (const FoldedLine& line : folded.lines) {
    const std::string where = line.event->netns.empty() ? "" : fmt::format("[{}] ", line.event->netns);
    lines.add({color_sign_of(*line.event, options.color), line.event->table, escape_terminal(where + line.key),
               escape_terminal(line.owner), escape_terminal(line.words)});
  }
  out += lines.format();
  for (const std::string& note : folded.notes) {
    out += fmt::format("   ... {} (--all)\n", note);
  }
  return out;
}

} // namespace hindstat
