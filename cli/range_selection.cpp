// SPDX-License-Identifier: MIT
// A..B, --last DUR and --around TIME [+-DUR]; what is none of these is a pair.
#include "cli/range_selection.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr std::string_view dots = "..";
constexpr std::string_view plus_minus = "+-";
constexpr std::string_view plus_minus_sign = "\xc2\xb1";
constexpr std::int64_t usual_window_ns = std::int64_t{30} * 60 * 1'000'000'000;

bool is_window(std::string_view text) {
  return text.starts_with(plus_minus) || text.starts_with(plus_minus_sign);
}

std::string without_sign(std::string_view text) {
  return std::string(text.substr(text.starts_with(plus_minus) ? plus_minus.size() : plus_minus_sign.size()));
}

/// The request with the window in its own place, wherever it was written.
RangeRequest put_in_order(RangeRequest request) {
  const auto take_window = [&](std::string text) {
    if (!request.window.empty()) {
      throw Error("--around has two windows: write +-30m, or --window 30m, once");
    }
    request.window = std::move(text);
  };
  for (const std::string& text : request.snapshots) {
    if (is_window(text)) {
      if (request.around.empty()) {
        throw Error(fmt::format("'{}' is the window of --around TIME, which is missing", text));
      }
      take_window(without_sign(text));
    }
  }
  std::erase_if(request.snapshots, is_window);
  std::size_t at = request.around.find(plus_minus);
  at = at == std::string::npos ? request.around.find(plus_minus_sign) : at;
  if (at != std::string::npos) {
    take_window(without_sign(std::string_view(request.around).substr(at)));
    request.around.resize(at);
    request.around.resize(request.around.find_last_not_of(' ') + 1);
  }
  return request;
}

void check(const RangeRequest& request) {
  const bool windowed = !request.last.empty() || !request.around.empty();
  if (!request.last.empty() && !request.around.empty()) {
    throw Error("--last and --around exclude each other");
  }
  if (windowed && !request.snapshots.empty()) {
    throw Error(
      fmt::format("--last and --around select all snapshots: '{}' is one too many", request.snapshots.front()));
  }
  if (!request.window.empty() && request.around.empty()) {
    throw Error("--window is the window of --around TIME, which is missing");
  }
  if (request.snapshots.size() > 2) {
    throw Error(fmt::format("two snapshots are compared: '{}' is one too many", request.snapshots[2]));
  }
}

std::int64_t time_of(const SnapshotEntry& entry) {
  return entry.info.clocks.realtime_ns;
}

bool is_same_host(const SnapshotEntry& a, const SnapshotEntry& b) {
  return a.info.host == b.info.host && a.info.machine_id == b.info.machine_id;
}

/// Options in which selectors without HOST are about the host of `entry`.
SelectorOptions options_for(const SnapshotEntry& entry, SelectorOptions options) {
  options.host.clear();
  options.this_host = entry.info.host;
  options.this_machine_id = entry.info.machine_id;
  return options;
}

/// Makes a range of its two ends.
RangeSelection fill_range(const std::vector<SnapshotEntry>& entries, RangeSelection range) {
  const SnapshotEntry& first = range.before.entry;
  const SnapshotEntry& last = range.after.entry;
  if (!is_same_host(first, last)) {
    throw Error(fmt::format("#{} is of {} and #{} of {}: a range is of one host", first.id.value(), first.info.host,
                            last.id.value(), last.info.host));
  }
  const auto order = [](const SnapshotEntry& entry) { return std::pair(time_of(entry), entry.id); };
  if (order(last) < order(first)) {
    throw Error(fmt::format("#{} is later than #{}: a range goes forward in time (two names without .. are compared "
                            "in any order)",
                            first.id.value(), last.id.value()));
  }
  range.kind = RangeSelection::Kind::range;
  std::ranges::copy_if(entries, std::back_inserter(range.snapshots), [&](const SnapshotEntry& entry) {
    return is_same_host(entry, first) && order(first) <= order(entry) && order(entry) <= order(last);
  });
  std::ranges::sort(range.snapshots, {}, order);
  return range;
}

RangeSelection select_ends(const std::vector<SnapshotEntry>& entries, const RangeRequest& request,
                           const SelectorOptions& options) {
  std::vector<std::string> names = request.snapshots;
  bool is_range = request.each;
  bool of_one_host = names.size() < 2;
  if (names.size() == 1) {
    const std::string text = names.front();
    if (const std::size_t at = text.find(dots); at != std::string::npos) {
      is_range = of_one_host = true;
      const std::string first = text.substr(0, at);
      const std::string last = text.substr(at + dots.size());
      if (first.empty() && last.empty()) {
        throw Error("'..' names no end: write A..B, A.. or ..B");
      }
      names = {first.empty() ? "@first" : first, last.empty() ? "@latest" : last};
    }
  }
  RangeSelection selection;
  selection.each = request.each;
  selection.before = select_snapshot(entries, names.empty() ? "@-1" : names.front(), options);
  if (names.size() < 2) {
    std::vector<SnapshotEntry> of_host = entries;
    std::erase_if(of_host, [&](const SnapshotEntry& entry) { return !is_same_host(entry, selection.before.entry); });
    SelectorOptions any_host = options;
    any_host.host.clear();
    selection.after = select_snapshot(of_host, "@latest", any_host);
  } else {
    selection.after =
      select_snapshot(entries, names.back(), of_one_host ? options_for(selection.before.entry, options) : options);
  }
  if (is_range) {
    return fill_range(entries, std::move(selection));
  }
  selection.snapshots = {selection.before.entry, selection.after.entry};
  return selection;
}

struct Window {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
};

// As far as 64 bits go: people ask for any year.
std::int64_t moved(std::int64_t moment, std::int64_t by) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(moment, by, &sum)) {
    return by < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

Window window_of(const RangeRequest& request, const SelectorOptions& options) {
  if (!request.last.empty()) {
    return {moved(options.now_ns, -parse_duration(request.last)), options.now_ns};
  }
  const std::int64_t half = request.window.empty() ? usual_window_ns : parse_duration(request.window);
  const std::int64_t middle = parse_time(request.around, options.zone, options.now_ns);
  return {moved(middle, -half), moved(middle, half)};
}

RangeSelection select_window(const std::vector<SnapshotEntry>& entries, const RangeRequest& request,
                             const SelectorOptions& options) {
  const std::vector<SnapshotEntry> of_host = entries_of_host(entries, "", options);
  const Window window = window_of(request, options);
  auto first = std::ranges::lower_bound(of_host, window.from_ns, {}, time_of);
  const auto end = std::ranges::upper_bound(of_host, window.to_ns, {}, time_of);
  if (first == end) {
    const auto show = [&](const SnapshotEntry& entry) {
      return fmt::format("#{} of {}", entry.id.value(), format_time(time_of(entry), options.zone));
    };
    throw Error(fmt::format("{} has no snapshot from {} to {}: {} {}", of_host.front().info.host,
                            format_time(window.from_ns, options.zone), format_time(window.to_ns, options.zone),
                            first == of_host.begin() ? "its first is" : "the last before it is",
                            show(first == of_host.begin() ? *first : *std::prev(first))));
  }
  // What was so when the window began is what the snapshot before it says, if that is not too old to say it.
  const auto usual = usual_interval(of_host);
  if (first != of_host.begin() && time_of(*first) != window.from_ns && usual
      && moved(window.from_ns, -2 * std::min(*usual, std::numeric_limits<std::int64_t>::max() / 2))
           <= time_of(*std::prev(first))) {
    --first;
  }
  RangeSelection selection;
  selection.each = request.each;
  selection.kind = RangeSelection::Kind::range;
  selection.before.entry = *first;
  selection.after.entry = *std::prev(end);
  selection.snapshots.assign(first, end);
  selection.from_ns = window.from_ns;
  selection.to_ns = window.to_ns;
  return selection;
}

} // namespace

RangeSelection select_range(const std::vector<SnapshotEntry>& entries, const RangeRequest& typed,
                            const SelectorOptions& asked) {
  const RangeRequest request = put_in_order(typed);
  check(request);
  SelectorOptions options = asked;
  if (!request.host.empty()) {
    options.host = request.host;
  }
  return request.last.empty() && request.around.empty() ? select_ends(entries, request, options)
                                                        : select_window(entries, request, options);
}

} // namespace hindstat
