// SPDX-License-Identifier: MIT
#include "recorder/program/status.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "cli/listing.h"
#include "cli/notes.h"
#include "cli/sizes.h"
#include "cli/store_path.h"
#include "cli/tool.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

constexpr double day_ns = 86'400e9;

bool is_of(const SnapshotInfo& info, const std::string& host, const std::string& machine_id) {
  return info.host == host && info.machine_id == machine_id;
}

// From one snapshot to the next: within a boot by the clock that nobody sets.
std::int64_t distance(const SnapshotEntry& before, const SnapshotEntry& after) {
  const bool same_boot = !after.info.boot_id.empty() && before.info.boot_id == after.info.boot_id;
  return same_boot ? after.info.clocks.boottime_ns - before.info.clocks.boottime_ns
                   : after.info.clocks.realtime_ns - before.info.clocks.realtime_ns;
}

// Neighbours between which the recorder stored nothing: what was pruned is no pause.
std::vector<std::pair<const SnapshotEntry*, const SnapshotEntry*>>
find_neighbours(const std::vector<SnapshotEntry>& entries) {
  std::map<std::string, const SnapshotEntry*> by_uid;
  for (const SnapshotEntry& entry : entries) {
    by_uid.emplace(entry.uid, &entry);
  }
  std::vector<std::pair<const SnapshotEntry*, const SnapshotEntry*>> neighbours;
  for (const SnapshotEntry& entry : entries) {
    if (const auto before = by_uid.find(entry.previous); before != by_uid.end()) {
      neighbours.emplace_back(before->second, &entry);
    }
  }
  return neighbours;
}

void find_pauses(const std::vector<SnapshotEntry>& entries, Status& status) {
  constexpr std::size_t fewest = 3;
  constexpr std::size_t latest = 1000;
  const auto neighbours = find_neighbours(entries);
  std::vector<std::int64_t> distances;
  for (std::size_t i = neighbours.size() - std::min(neighbours.size(), latest); i < neighbours.size(); ++i) {
    distances.push_back(distance(*neighbours[i].first, *neighbours[i].second));
  }
  std::erase_if(distances, [](std::int64_t length) { return length <= 0; });
  if (distances.size() + 1 < fewest) {
    return;
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  status.interval_ns = *middle;
  for (const auto& [before, after] : neighbours) {
    const std::int64_t length = distance(*before, *after);
    if (length / 5 * 2 > *middle) { // 2.5 intervals: one that is late or skipped is none.
      status.pauses.push_back({before->info.clocks.realtime_ns, after->info.clocks.realtime_ns,
                               static_cast<std::uint64_t>((length + *middle / 2) / *middle - 1),
                               before->info.boot_id == after->info.boot_id});
    }
  }
}

// How many snapshots there are when keep_ns has passed, by age: thinned more and more.
double count_at_limits(const Limits& limits, double interval_ns) {
  double count = 0;
  double from = 0;
  double every = interval_ns;
  const auto keep = static_cast<double>(*limits.keep_ns);
  for (const Thinning& thin : limits.thin) {
    const double until = std::min(keep, static_cast<double>(thin.after_ns));
    count += std::max(0.0, until - from) / every;
    from = std::max(from, until);
    every = std::max(interval_ns, static_cast<double>(thin.every_ns));
  }
  return count + std::max(0.0, keep - from) / every;
}

// What a snapshot adds to the file, by the last ones; the first of a file, all keyframes, says little of the next.
double average_bytes(const Store& store, const std::vector<SnapshotEntry>& entries) {
  constexpr std::size_t looked_at = 100;
  constexpr double snapshot_row = 400; // With its indexes and the ends of pages,
  constexpr double block_row = 60;     // and beside each payload.
  const std::size_t first =
    std::max<std::size_t>(entries.size() > 1 ? 1 : 0, entries.size() - std::min(entries.size(), looked_at));
  double bytes = 0;
  for (std::size_t i = first; i < entries.size(); ++i) {
    const SnapshotSize size = store.size_of(entries[i].id);
    bytes += snapshot_row + static_cast<double>(size.payload_bytes) + block_row * size.blocks;
  }
  return bytes / static_cast<double>(entries.size() - first);
}

void find_growth(const Store& store, const std::vector<SnapshotEntry>& entries, std::size_t snapshots_of_all,
                 Status& status) {
  if (!status.interval_ns) {
    return;
  }
  const auto used = static_cast<double>(status.size.bytes - status.size.free_bytes);
  const double each = average_bytes(store, entries);
  const auto interval = static_cast<double>(*status.interval_ns);
  status.bytes_per_day = each * day_ns / interval;
  if (status.limits.keep_ns) {
    const double others = std::max(0.0, used - each * static_cast<double>(snapshots_of_all));
    status.bytes_at_limits = others + each * count_at_limits(status.limits, interval);
  }
  const auto most = static_cast<double>(status.limits.max_bytes.value_or(0));
  if (status.limits.max_bytes && status.bytes_at_limits.value_or(INFINITY) > most) {
    status.days_to_limit = std::max(0.0, most - used) / *status.bytes_per_day;
  }
  if (status.disk) {
    const auto room = static_cast<double>(status.disk->available) - static_cast<double>(status.disk->reserve());
    status.days_to_full_disk = std::max(0.0, room) / *status.bytes_per_day;
  }
}

void find_uncollected(const Store& store, Status& status) {
  const std::vector<Capture> of_last = store.load_captures(status.last.id);
  status.not_collected = list_problems(of_last);
  status.not_collected_short = list_short_problems(of_last);
  for (const auto& [table, option] :
       {std::pair<std::string_view, std::string_view>{"tcp_info", "--tcp-info"}, {"resolved_name", "--resolve"}}) {
    if (std::ranges::find(of_last, table, &Capture::table) == of_last.end()) {
      status.not_asked_for.push_back(fmt::format("{} ({})", table, option));
    }
  }
  for (const CaptureStatus bad : {CaptureStatus::failed, CaptureStatus::late}) {
    std::vector<std::string> tables;
    for (const Capture& capture : of_last) {
      if (capture.status == bad && std::ranges::find(tables, capture.table) == tables.end()) {
        tables.push_back(capture.table);
        status.problems.push_back(fmt::format("the last snapshot lacks {}, which {}", capture.table,
                                              bad == CaptureStatus::failed ? "could not be read" : "took too long"));
      }
    }
  }
}

void judge(std::optional<std::int64_t> max_age_ns, Status& status) {
  const auto problem = [&](std::string sentence) { status.problems.push_back(std::move(sentence)); };
  constexpr int intervals = 3;
  if (!max_age_ns && status.interval_ns) {
    max_age_ns = intervals * *status.interval_ns;
  }
  if (status.age_ns < 0) {
    problem(fmt::format("the last snapshot is from the future, by {}: a clock is or was wrong",
                        format_duration(-status.age_ns)));
  } else if (max_age_ns && status.age_ns > *max_age_ns) {
    problem(fmt::format("the last snapshot is {} old, more than {}", format_duration(status.age_ns),
                        format_duration(*max_age_ns)));
  }
  for (const Gap& gap : status.gaps) {
    if (gap.last_ns > status.last.info.clocks.realtime_ns) {
      problem(fmt::format("{}, since the last snapshot", describe_gap(gap)));
    }
  }
  if (status.disk && status.disk->available <= status.disk->reserve()) {
    problem("the disk is full");
  }
  if (status.limits.max_bytes && status.size.bytes > *status.limits.max_bytes) {
    problem(fmt::format("the file is larger than its limit of {}", format_size(*status.limits.max_bytes)));
  }
}

} // namespace

SnapshotEntry find_status_host(const std::vector<SnapshotEntry>& entries, const std::string& host,
                               SelectorOptions options) {
  options.host_advice = "give --host";
  return select_snapshot(entries, host.empty() ? "@latest" : host + ":@latest", options).entry;
}

Status make_status(const Store& store, const std::string& host, const SelectorOptions& options,
                   std::optional<std::int64_t> max_age_ns) {
  Status status;
  status.store = store.path();
  status.now_ns = options.now_ns;
  std::vector<SnapshotEntry> entries = store.list();
  const std::size_t snapshots_of_all = entries.size();
  status.last = find_status_host(entries, host, options);
  const SnapshotInfo& info = status.last.info;
  status.age_ns = status.now_ns - info.clocks.realtime_ns - info.took_ns;
  std::erase_if(entries, [&](const SnapshotEntry& entry) { return !is_of(entry.info, info.host, info.machine_id); });
  status.first = entries.front();
  status.snapshots = entries.size();
  StoreNotes notes = store.notes();
  status.problems = std::move(notes.damage);
  std::ranges::copy_if(notes.gaps, std::back_inserter(status.gaps),
                       [&](const Gap& gap) { return is_of(info, gap.host, gap.machine_id); });
  std::ranges::copy_if(notes.marks, std::back_inserter(status.marks),
                       [&](const Mark& mark) { return is_of(info, mark.host, mark.machine_id); });
  const auto pins = pin_notes(notes);
  for (const SnapshotEntry& entry : entries) {
    if (const auto pin = pins.find(entry.uid); pin != pins.end()) {
      status.pinned.emplace_back(entry, pin->second);
    }
  }
  status.size = store.file_size();
  try {
    status.limits = store.limits();
  } catch (const Error& error) {
    status.problems.emplace_back(error.what());
  }
  status.disk = find_disk_space(store.path());
  find_pauses(entries, status);
  find_growth(store, entries, snapshots_of_all, status);
  find_uncollected(store, status);
  judge(max_age_ns, status);
  return status;
}

ExitCode status(const RecordCommand& command) {
  const KeepCommand& keep = command.keep;
  const std::optional<std::int64_t> max_age_ns =
    keep.max_age.empty() ? std::nullopt : std::optional(parse_duration(keep.max_age));
  const Zone zone = command.viewer_zone();
  const Store store(command.store.empty() ? default_store_path(false) : command.store);
  const Status found = make_status(store, keep.host, viewer_options(zone), max_age_ns);
  print(command.json ? format_status_json(found) : format_status_text(found, zone));
  return found.problems.empty() ? ExitCode::success : ExitCode::differences;
}

} // namespace hindstat
