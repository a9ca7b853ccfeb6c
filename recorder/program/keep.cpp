// SPDX-License-Identifier: MIT
#include "recorder/program/keep.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/escape.h"
#include "cli/selector.h"
#include "cli/sizes.h"
#include "cli/store_path.h"
#include "cli/tool.h"
#include "recorder/program/status.h"
#include "store/keeper.h"

namespace hindstat {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::string store_of(const RecordCommand& command) {
  return command.store.empty() ? default_store_path(false) : command.store;
}

std::int64_t parse_length(std::string_view option, const std::string& text) {
  const std::int64_t length = parse_duration(text);
  if (length < second_ns) {
    throw Error(fmt::format("{} {}: that is less than a second", option, text));
  }
  return length;
}

std::vector<Thinning> parse_thinnings(const std::vector<std::string>& texts) {
  std::map<std::int64_t, std::int64_t> every_by_after;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) {
      throw Error(fmt::format("--thin {}: write EVERY:AFTER, 1h:7d for one an hour after seven days", text));
    }
    const std::int64_t after = parse_length("--thin", text.substr(colon + 1));
    if (!every_by_after.emplace(after, parse_length("--thin", text.substr(0, colon))).second) {
      throw Error(fmt::format("--thin {}: there are two for the same age", text));
    }
  }
  std::vector<Thinning> thinnings;
  for (const auto& [after, every] : every_by_after) {
    thinnings.push_back({every, after});
  }
  return thinnings;
}

std::string format_prune(const PruneReport& report, bool planned, const Zone& zone) {
  std::string text = planned ? "would remove " : "removed ";
  text += fmt::format("{} snapshot{}", report.snapshots(), report.snapshots() == 1 ? "" : "s");
  if (report.snapshots() != 0) {
    std::string reasons;
    for (const auto& [count, reason] : {std::pair{report.expired, "too old"},
                                        {report.thinned, "thinned out"},
                                        {report.for_size, "for the size of the file"}}) {
      reasons += count != 0 ? fmt::format("{}{} {}", reasons.empty() ? "" : ", ", count, reason) : "";
    }
    text +=
      fmt::format(" ({}) of {} to {}", reasons, format_time(report.first_ns, zone), format_time(report.last_ns, zone));
  }
  if (report.pinned != 0) {
    text += fmt::format("; {} more stay{} because pinned", report.pinned, report.pinned == 1 ? "s" : "");
  }
  return text
         + fmt::format("; the file {} {} instead of {}\n", planned ? "would be about" : "is",
                       format_size(report.bytes_after), format_size(report.bytes_before));
}

void warn_of_size(const PruneReport& report) {
  if (report.is_too_large) {
    warn(record_tool, "the file stays larger than --max-size: what is left is pinned, or the newest snapshot");
  }
}

ExitCode prune(const RecordCommand& command) {
  const KeepCommand& keep = command.keep;
  Limits limits = limits_of(keep);
  const std::int64_t now_ns = viewer_options({}).now_ns;
  if (keep.unset && !limits.empty()) {
    throw Error("--unset takes no limits: all that are set go");
  }
  if (keep.set && limits.empty()) {
    throw Error("--set needs a limit: --keep, --max-size or --thin");
  }
  if (keep.dry_run) {
    const Store store(store_of(command));
    const PruneReport report = store.plan_prune(limits.empty() && !keep.unset ? store.limits() : limits, now_ns);
    print(format_prune(report, true, command.viewer_zone()));
    warn_of_size(report);
    return ExitCode::success;
  }
  StoreKeeper keeper(store_of(command));
  if (keep.set || keep.unset) {
    keeper.set_limits(limits);
    return ExitCode::success;
  }
  if (limits.empty()) {
    limits = keeper.limits();
  }
  if (limits.empty()) {
    throw Error("nothing says what to remove: give --keep, --max-size or --thin (none is set either)");
  }
  const PruneReport report = keeper.prune(limits, now_ns);
  if (command.verbose) {
    print(format_prune(report, false, command.viewer_zone()));
  }
  warn_of_size(report);
  return ExitCode::success;
}

// In the order of time, each once.
std::vector<SnapshotId> select_snapshots(const RecordCommand& command) {
  const Store store(store_of(command));
  const std::vector<SnapshotEntry> entries = store.list();
  const SelectorOptions options = viewer_options(command.viewer_zone());
  const auto select = [&](std::string_view text) {
    const Selected selected = select_snapshot(entries, text, options);
    if (!selected.warning.empty()) {
      warn(record_tool, selected.warning);
    }
    return selected.entry;
  };
  std::vector<SnapshotId> ids;
  for (const std::string& text : command.keep.snapshots) {
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) {
      ids.push_back(select(text).id);
      continue;
    }
    const SnapshotEntry from = select(std::string_view(text).substr(0, dots));
    const SnapshotEntry to = select(std::string_view(text).substr(dots + 2));
    if (from.info.host != to.info.host || from.info.machine_id != to.info.machine_id) {
      throw Error(fmt::format("'{}' begins on one host and ends on another", text));
    }
    const auto [first, last] = std::minmax(from.info.clocks.realtime_ns, to.info.clocks.realtime_ns);
    for (const SnapshotEntry& entry : entries) {
      const std::int64_t moment = entry.info.clocks.realtime_ns;
      if (entry.info.host == from.info.host && entry.info.machine_id == from.info.machine_id && first <= moment
          && moment <= last) {
        ids.push_back(entry.id);
      }
    }
  }
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

void require_text(std::string_view what, const std::string& text) {
  constexpr std::size_t longest = 1000;
  if (text.empty() || text.size() > longest) {
    throw Error(fmt::format("{} is a text of 1 to {} bytes", what, longest));
  }
}

ExitCode pin(const RecordCommand& command) {
  require_text("--note", command.keep.note);
  const std::vector<SnapshotId> ids = select_snapshots(command);
  StoreKeeper(store_of(command)).pin(ids, command.keep.note, viewer_options({}).now_ns);
  return ExitCode::success;
}

ExitCode unpin(const RecordCommand& command) {
  const std::vector<SnapshotId> ids = select_snapshots(command);
  if (StoreKeeper(store_of(command)).unpin(ids) == 0) {
    warn(record_tool, ids.size() == 1 ? "the snapshot was not pinned" : "none of these snapshots was pinned");
  }
  return ExitCode::success;
}

ExitCode mark(const RecordCommand& command) {
  require_text("a mark", command.keep.text);
  const Zone zone = command.viewer_zone();
  const SelectorOptions options = viewer_options(zone);
  Mark mark;
  mark.text = command.keep.text;
  mark.made_ns = options.now_ns;
  mark.at_ns = command.keep.at.empty() ? options.now_ns : parse_time(command.keep.at, zone, options.now_ns);
  {
    const Store store(store_of(command));
    const SnapshotInfo info = find_status_host(store.list(), command.keep.host, options).info;
    mark.host = info.host;
    mark.machine_id = info.machine_id;
  }
  StoreKeeper(store_of(command)).mark(mark);
  return ExitCode::success;
}

} // namespace

Limits limits_of(const KeepCommand& command) {
  Limits limits;
  if (!command.keep.empty()) {
    limits.keep_ns = parse_length("--keep", command.keep);
  }
  if (!command.max_size.empty()) {
    limits.max_bytes = parse_size(command.max_size);
  }
  limits.thin = parse_thinnings(command.thin);
  return limits;
}

std::string format_limits(const Limits& limits) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (limits.keep_ns) {
    add(format_duration(*limits.keep_ns));
  }
  if (limits.max_bytes) {
    add(format_size(*limits.max_bytes));
  }
  for (const Thinning& thin : limits.thin) {
    add(fmt::format("one every {} after {}", format_duration(thin.every_ns), format_duration(thin.after_ns)));
  }
  return text;
}

ExitCode keep(const RecordCommand& command) {
  switch (command.keep.verb) {
    case KeepCommand::Verb::prune:
      return prune(command);
    case KeepCommand::Verb::pin:
      return pin(command);
    case KeepCommand::Verb::unpin:
      return unpin(command);
    case KeepCommand::Verb::mark:
      return mark(command);
    case KeepCommand::Verb::status:
      break;
  }
  return status(command);
}

} // namespace hindstat
