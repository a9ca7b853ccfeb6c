// SPDX-License-Identifier: MIT
#include "diff/recording.h"

#include <algorithm>

namespace hindstat {

namespace {

constexpr std::size_t least_intervals = 5;
constexpr std::int64_t unusual_times = 5;
constexpr std::int64_t least_gap_ns = 10'000'000'000;

} // namespace

RecordingTimes::RecordingTimes(std::span<const std::int64_t> recorded_ns) {
  if (recorded_ns.size() <= least_intervals) {
    return;
  }
  std::vector<std::int64_t> distances;
  distances.reserve(recorded_ns.size() - 1);
  for (std::size_t i = 1; i < recorded_ns.size(); ++i) {
    distances.push_back(recorded_ns[i] - recorded_ns[i - 1]);
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  usual_ns_ = *middle;
  for (std::size_t i = 1; i < recorded_ns.size(); ++i) {
    const std::int64_t distance = recorded_ns[i] - recorded_ns[i - 1];
    if (distance >= least_gap_ns && distance / unusual_times > *usual_ns_) {
      gaps_.push_back({recorded_ns[i - 1], recorded_ns[i]});
    }
  }
}

std::vector<RecordingGap> RecordingTimes::gaps_between(std::int64_t from_ns, std::int64_t to_ns) const {
  const auto [first, last] = std::minmax(from_ns, to_ns);
  std::vector<RecordingGap> gaps;
  for (auto gap = std::ranges::lower_bound(gaps_, first, {}, &RecordingGap::from_ns);
       gap != gaps_.end() && gap->to_ns <= last; ++gap) {
    gaps.push_back(*gap);
  }
  return gaps;
}

std::vector<std::string_view> find_unrecorded_columns(const Table& before, const Table& after, bool recorders_differ) {
  std::vector<std::string_view> names;
  if (before.size() == 0 || after.size() == 0) {
    return names;
  }
  const auto columns = before.spec().columns;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool none_before = before.column(i).null_count() == before.size();
    const bool none_after = after.column(i).null_count() == after.size();
    if (none_before != none_after && (recorders_differ || !columns[i].nullable)) {
      names.push_back(columns[i].name);
    }
  }
  return names;
}

} // namespace hindstat
