// SPDX-License-Identifier: MIT
// The header and the trailer of a range as JSON Lines, described in docs/diff-json.md; its events are those of a diff.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "diff/range_output.h"
#include "diff/tcp_states.h"
#include "tables/socket.h"

namespace hindstat {

namespace {

constexpr std::uint64_t format_version = 1;

double seconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

class TrailerWriter {
public:
  TrailerWriter(const RangeSummary& range, const RangeLabels& labels) : range_(range), labels_(labels) {
  }

  std::string run(int exit) {
    json_.begin_object();
    json_.key("v").number(format_version).key("ev").string("trailer");
    write_counts("counts", true);
    write_counts("hidden", false);
    if (!labels_.filter.empty()) {
      json_.key("filtered").number(std::uint64_t{labels_.filtered});
    }
    json_.key("snapshots").number(static_cast<std::uint64_t>(range_.points.size()));
    if (range_.usual_ns) {
      json_.key("usual_s").number(seconds(*range_.usual_ns));
    }
    write_gaps();
    write_steps();
    write_lifetimes();
    write_levels();
    write_coverage();
    write_sentences("skipped", range_.not_compared);
    write_sentences("doubts", range_.doubts);
    json_.key("truncated").boolean(false); // Every event that is shown was written.
    json_.key("exit").number(static_cast<std::int64_t>(exit));
    json_.end_object();
    return json_.take() + "\n";
  }

private:
  [[nodiscard]] std::string time_of(std::size_t point) const {
    return labels_.format_time(range_.points[point].realtime_ns);
  }
  void write_span(std::size_t step) {
    json_.key("t").begin_array().string(time_of(step)).string(time_of(step + 1)).end_array();
  }

  void write_counts(std::string_view name, bool shown) {
    json_.key(name).begin_object();
    std::map<std::string_view, std::uint64_t> totals;
    for (const RangeCount& count : range_.counts) {
      if (count.shown == shown) {
        totals[count.spec->name] += count.total;
      }
    }
    for (const auto& [kind, total] : totals) {
      json_.key(kind).number(total);
    }
    json_.end_object();
  }

  void write_gaps() {
    json_.key("gaps").begin_array();
    for (const RangeGap& gap : range_.gaps) {
      json_.begin_object();
      write_span(gap.step);
      json_.key("elapsed_s").number(seconds(gap.elapsed_ns)).end_object();
    }
    for (const NotedGap& gap : labels_.gaps) {
      json_.begin_object().key("t").begin_array();
      json_.string(labels_.format_time(gap.first_ns)).string(labels_.format_time(gap.last_ns)).end_array();
      json_.key("failed").number(gap.count).key("why").string(gap.reason).end_object();
    }
    json_.end_array();
  }

  void write_steps() {
    json_.key("steps").begin_array();
    for (std::size_t i = 0; i < range_.steps.size(); ++i) {
      const RangeStep& step = range_.steps[i];
      json_.begin_object();
      write_span(i);
      json_.key("same_boot").boolean(step.same_boot).key("events").number(step.events);
      json_.key("opened").number(step.tcp.opened).key("closed").number(step.tcp.closed);
      json_.key("came_and_went").number(step.tcp.came_and_went).key("reopened").number(step.tcp.reopened);
      json_.key("reaped").number(step.tcp.reaped);
      if (step.open_after && step.kept) {
        json_.key("open").number(*step.open_after).key("kept").number(*step.kept);
      }
      json_.end_object();
    }
    json_.end_array();
  }

  void write_quantiles(std::string_view name, const DurationQuantiles& times) {
    json_.key(name).begin_object().key("n").number(static_cast<std::uint64_t>(times.count));
    if (times.count != 0) {
      for (const auto& [quantile, bounds] :
           {std::pair("p50_s", times.median), std::pair("p95_s", times.p95), std::pair("max_s", times.longest)}) {
        json_.key(quantile).begin_array().number(seconds(bounds.least)).number(seconds(bounds.most)).end_array();
      }
    }
    json_.end_object();
  }

  void write_lifetimes() {
    const Lifetimes& lives = range_.lifetimes;
    json_.key("lifetimes").begin_object();
    write_quantiles("whole", lives.whole);
    json_.key("from_before").number(static_cast<std::uint64_t>(lives.from_before));
    json_.key("still_open").number(static_cast<std::uint64_t>(lives.still_open));
    if (lives.throughout) {
      json_.key("throughout").number(static_cast<std::uint64_t>(*lives.throughout));
    }
    json_.end_object();
    json_.key("dwell").begin_object();
    for (const StateDwell& dwell : lives.states) {
      json_.key(format_tcp_state(dwell.state)).begin_object();
      write_quantiles("whole", dwell.whole);
      json_.key("from_before").number(static_cast<std::uint64_t>(dwell.entered_before));
      json_.key("still").number(static_cast<std::uint64_t>(dwell.still)).end_object();
    }
    json_.end_object();
  }

  void write_levels() {
    json_.key("levels").begin_object();
    for (const LevelCourse& level : range_.levels) {
      json_.key(level.name).begin_object().key("first").number(level.first).key("last").number(level.last);
      json_.key("highest").number(level.highest).key("highest_at").string(time_of(level.highest_at));
      json_.key("lowest").number(level.lowest).key("lowest_at").string(time_of(level.lowest_at)).end_object();
    }
    json_.end_object();
  }

  void write_coverage() {
    json_.key("coverage").begin_array();
    for (const OpenCoverage& one : range_.coverage) {
      json_.begin_object().key("netns").string(one.netns);
      json_.key("seen").number(one.seen).key("counted").number(one.counted).end_object();
    }
    json_.end_array();
  }

  void write_sentences(std::string_view name, const std::vector<RangeSentence>& sentences) {
    json_.key(name).begin_array();
    for (const RangeSentence& sentence : sentences) {
      json_.begin_object().key("why").string(sentence.text);
      json_.key("steps").number(static_cast<std::uint64_t>(sentence.steps)).end_object();
    }
    json_.end_array();
  }

  const RangeSummary& range_;
  const RangeLabels& labels_;
  JsonWriter json_;
};

} // namespace

std::string format_range_json_header(const RangeLabels& labels, const RangePoint& first, const RangePoint& last,
                                     std::size_t snapshots) {
  JsonWriter json;
  json.begin_object().key("v").number(format_version).key("ev").string("header");
  json.key("store").string(labels.store).key("host").string(labels.host).key("range").boolean(true);
  for (const auto& [name, point] : {std::pair("a", &first), std::pair("b", &last)}) {
    json.key(name).begin_object().key("host").string(labels.host).key("id").number(point->id);
    json.key("t").string(labels.format_time(point->realtime_ns)).end_object();
  }
  json.key("snapshots").number(static_cast<std::uint64_t>(snapshots));
  if (!labels.filter.empty()) {
    json.key("filter").string(labels.filter);
  }
  json.key("marks").begin_array();
  for (const DiffMark& mark : labels.marks) {
    json.begin_object().key("t").string(labels.format_time(mark.at_ns));
    json.key("host").string(mark.host).key("text").string(mark.text).end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string format_range_json_trailer(const RangeSummary& range, const RangeLabels& labels, int exit) {
  return TrailerWriter(range, labels).run(exit);
}

} // namespace hindstat
