// SPDX-License-Identifier: MIT
#include "diff/counter_delta.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hindstat {

namespace {

constexpr std::uint64_t two_to_32 = 1ULL << 32;
constexpr auto largest_count = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
// Packets of 64 bytes that a link of 10 Gbit/s carries in a second: no counter of 32 bits counts faster.
constexpr double plausible_rate = 14'880'952;

} // namespace

std::int64_t boottime_of_reading(const Snapshot& snapshot, std::string_view table, std::string_view netns) {
  const Capture* capture = snapshot.find_capture(table, netns);
  const std::int64_t offset_us =
    capture == nullptr ? 0 : std::int64_t{capture->began_us} + std::int64_t{capture->took_us} / 2;
  return snapshot.info.clocks.boottime_ns + offset_us * 1000;
}

std::int64_t time_left_ms(std::uint64_t expires_ms, std::int64_t now_ms) {
  constexpr std::uint64_t farthest = 1ULL << 60;
  return static_cast<std::int64_t>(std::min(expires_ms, farthest)) - now_ms;
}

CountedTime counted_time(const Snapshot& before, const Snapshot& after, std::string_view table, std::string_view netns,
                         bool same_boot) {
  constexpr double ns_per_second = 1e9;
  CountedTime time;
  time.same_boot = same_boot;
  const auto end = static_cast<double>(boottime_of_reading(after, table, netns));
  const double elapsed = same_boot ? end - static_cast<double>(boottime_of_reading(before, table, netns)) : end;
  time.reversed = same_boot && elapsed < 0;
  time.seconds = same_boot || elapsed > 0 ? std::abs(elapsed) / ns_per_second : 0;
  return time;
}

CounterDelta count_between(std::uint64_t before, std::uint64_t after, const CountedTime& time, bool is_narrow) {
  const std::uint64_t earlier = time.reversed ? after : before;
  const std::uint64_t later = time.reversed ? before : after;
  if (later > largest_count || (time.same_boot && earlier > largest_count)) {
    return {earlier == later ? DeltaKind::nothing : DeltaKind::implausible, 0};
  }
  if (!time.same_boot) {
    return {later == 0 ? DeltaKind::nothing : DeltaKind::since_boot, later};
  }
  if (later >= earlier) {
    return {later == earlier ? DeltaKind::nothing : DeltaKind::counted, later - earlier};
  }
  if (is_narrow && earlier < two_to_32) {
    const std::uint64_t amount = later + two_to_32 - earlier;
    if (static_cast<double>(amount) <= plausible_rate * time.seconds) {
      return {DeltaKind::wrapped, amount};
    }
  }
  return {DeltaKind::reset, later};
}

std::string format_rate(std::uint64_t amount, const CountedTime& time) {
  if (time.seconds <= 0) {
    return "";
  }
  const double rate = static_cast<double>(amount) / time.seconds;
  if (rate >= 100) {
    return fmt::format("{:.0f}", rate);
  }
  return rate >= 1 ? fmt::format("{:.1f}", rate) : fmt::format("{:.2g}", rate);
}

} // namespace hindstat
