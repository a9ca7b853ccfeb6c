// SPDX-License-Identifier: MIT
#include "cli/listing.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "base/json_writer.h"
#include "base/text_table.h"
#include "cli/notes.h"
#include "cli/sizes.h"

namespace hindstat {

namespace {

/// All captures of one table of one snapshot (one for each network namespace).
struct TableSummary {
  std::string table;
  std::uint64_t rows = 0;
  const Capture* shown = nullptr; ///< The first that is not complete, else the first.
};

std::vector<TableSummary> summarize(const std::vector<Capture>& captures) {
  std::vector<TableSummary> summaries;
  for (const Capture& capture : captures) {
    auto found = std::ranges::find(summaries, capture.table, &TableSummary::table);
    if (found == summaries.end()) {
      found = summaries.insert(found, TableSummary{capture.table, 0, &capture});
    }
    found->rows += capture.rows;
    if (found->shown->status == CaptureStatus::complete) {
      found->shown = &capture;
    }
  }
  return summaries;
}

// What is shown of a snapshot.
struct Shown {
  SnapshotEntry entry;
  std::vector<Capture> captures;
  SnapshotSize size;
};

struct AllShown {
  std::vector<Shown> snapshots;
  std::vector<std::string> damage;
  StoreNotes notes;
};

bool is_empty(const RangeRequest& choice) {
  return choice.snapshots.empty() && choice.last.empty() && choice.around.empty() && choice.window.empty()
         && choice.host.empty();
}

/// Leaves the snapshots chosen, and the marks and gaps of their host and time.
void choose(std::vector<SnapshotEntry>& entries, StoreNotes& notes, const RangeRequest& choice, const Zone& zone) {
  const SelectorOptions options = viewer_options(zone);
  const bool whole_host = choice.snapshots.empty() && choice.last.empty() && choice.around.empty();
  std::int64_t from_ns = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_ns = std::numeric_limits<std::int64_t>::max();
  if (whole_host && choice.window.empty()) {
    entries = entries_of_host(entries, choice.host, options);
  } else {
    const RangeSelection range = select_range(entries, choice, options);
    entries = range.snapshots;
    from_ns = entries.front().info.clocks.realtime_ns;
    to_ns = range.to_ns.value_or(entries.back().info.clocks.realtime_ns);
  }
  const SnapshotInfo host = entries.front().info;
  const auto is_other = [&](const auto& note, std::int64_t first_ns, std::int64_t last_ns) {
    return note.host != host.host || note.machine_id != host.machine_id || last_ns < from_ns || to_ns < first_ns;
  };
  std::erase_if(notes.marks, [&](const Mark& mark) { return is_other(mark, mark.at_ns, mark.at_ns); });
  std::erase_if(notes.gaps, [&](const Gap& gap) { return is_other(gap, gap.first_ns, gap.last_ns); });
}

AllShown read_all(const Store& store, const RangeRequest& choice, const Zone& zone) {
  SoundEntries sound = store.list_sound();
  AllShown all{{}, std::move(sound.damage), store.notes()};
  if (!is_empty(choice)) {
    choose(sound.entries, all.notes, choice, zone);
  }
  for (SnapshotEntry& entry : sound.entries) {
    try {
      Shown shown{entry, store.load_captures(entry.id), store.size_of(entry.id)};
      all.snapshots.push_back(std::move(shown));
    } catch (const Error& e) {
      if (e.code() == ExitCode::try_again) {
        throw;
      }
      all.damage.emplace_back(e.what());
    }
  }
  return all;
}

// The tables with a column of their own, as far as one of the snapshots has them.
std::vector<std::string> column_names(const std::vector<Shown>& snapshots) {
  std::vector<std::string> found;
  for (const char* table : {"socket", "route", "interface", "conntrack"}) {
    const bool has_it = std::ranges::any_of(snapshots, [&](const Shown& snapshot) {
      return std::ranges::find(snapshot.captures, table, &Capture::table) != snapshot.captures.end();
    });
    if (has_it) {
      found.emplace_back(table);
    }
  }
  return found;
}

// "2 partial, denied: route"; what and why is in the JSON and in hindstat-record status.
std::string describe_statuses(const std::vector<TableSummary>& summaries) {
  std::string text;
  for (const CaptureStatus status :
       {CaptureStatus::partial, CaptureStatus::denied, CaptureStatus::failed, CaptureStatus::late}) {
    const auto has_it = [status](const TableSummary& summary) { return summary.shown->status == status; };
    const auto first = std::ranges::find_if(summaries, has_it);
    const auto count = std::ranges::count_if(summaries, has_it);
    if (count != 0) {
      text += text.empty() ? "" : ", ";
      text += count == 1 ? fmt::format("{}: {}", format_status(status), first->table)
                         : fmt::format("{} {}", count, format_status(status));
    }
  }
  return text;
}

std::vector<std::string> format_line(const Shown& shown, const std::vector<std::string>& tables, const Zone& zone) {
  const SnapshotEntry& entry = shown.entry;
  const std::vector<TableSummary> summaries = summarize(shown.captures);
  std::uint64_t rows = 0;
  for (const TableSummary& summary : summaries) {
    rows += summary.rows;
  }
  std::vector<std::string> cells{
    fmt::format("#{}", entry.id.value()),  format_time(entry.info.clocks.realtime_ns, zone),
    escape_terminal(entry.info.host),      fmt::format("{}", rows),
    format_size(shown.size.payload_bytes), fmt::format("{}", shown.size.blocks)};
  for (const std::string& table : tables) {
    const auto found = std::ranges::find(summaries, table, &TableSummary::table);
    if (found == summaries.end()) {
      cells.emplace_back("-");
    } else if (was_collected(found->shown->status)) {
      cells.push_back(fmt::format("{}", found->rows));
    } else {
      cells.push_back(format_status(found->shown->status));
    }
  }
  cells.push_back(escape_terminal(describe_statuses(summaries)));
  return cells;
}

void write_tables(JsonWriter& json, const std::vector<Capture>& captures) {
  json.key("tables").begin_object();
  for (const TableSummary& summary : summarize(captures)) {
    json.key(summary.table).begin_object();
    json.key("rows").number(summary.rows);
    json.key("status").string(format_status(summary.shown->status));
    json.key("source").string(summary.shown->source);
    json.key("detail").string(summary.shown->detail);
    json.key("coverage").string(summary.shown->coverage);
    json.end_object();
  }
  json.end_object();
}

std::string describe_problem(const Capture& capture) {
  return capture.detail.empty() ? format_status(capture.status) : format_status(capture.status) + ": " + capture.detail;
}

// What is not complete, tables with the same reason together.
template <typename Reason>
std::vector<std::string> group_problems(const std::vector<Capture>& of_snapshot, Reason&& reason_of) {
  std::vector<std::pair<std::string, std::string>> problems; // Reason and tables.
  for (const Capture& capture : of_snapshot) {
    if (capture.status == CaptureStatus::complete) {
      continue;
    }
    const std::string reason = reason_of(capture);
    const std::string name =
      capture.netns.empty() ? capture.table : fmt::format("{} of {}", capture.table, capture.netns);
    const auto same = std::ranges::find(problems, reason, &std::pair<std::string, std::string>::first);
    if (same == problems.end()) {
      problems.emplace_back(reason, name);
    } else {
      same->second += ", " + name;
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [reason, names] : problems) {
    sentences.push_back(fmt::format("{}: {}", names, reason));
  }
  return sentences;
}

} // namespace

std::vector<std::string> list_problems(const std::vector<Capture>& of_snapshot) {
  return group_problems(of_snapshot, describe_problem);
}

std::vector<std::string> list_short_problems(const std::vector<Capture>& of_snapshot) {
  return group_problems(of_snapshot, [](const Capture& capture) {
    const bool by_kernel = capture.status == CaptureStatus::absent && capture.detail.ends_with(std::strerror(ENOENT));
    return by_kernel ? "absent: this kernel has no such thing, or has not loaded it" : describe_problem(capture);
  });
}

Listing format_listing(const Store& store, const Zone& zone, const RangeRequest& choice) {
  AllShown all = read_all(store, choice, zone);
  const std::vector<std::string> tables = column_names(all.snapshots);
  using Align = TextTable::Align;
  std::vector<Align> aligns{Align::right, Align::left, Align::left};
  constexpr std::size_t sums = 3;
  aligns.insert(aligns.end(), tables.size() + sums, Align::right);
  aligns.push_back(Align::left);
  TextTable text(aligns);
  std::vector<std::string> header{"id", "time", "host", "rows", "size", "blocks"};
  header.insert(header.end(), tables.begin(), tables.end());
  header.emplace_back("not complete");
  text.add(header);
  for (const Shown& shown : all.snapshots) {
    text.add(format_line(shown, tables, zone));
  }
  std::vector<SnapshotEntry> entries;
  for (const Shown& shown : all.snapshots) {
    entries.push_back(shown.entry);
  }
  return {text.format() + format_notes(all.notes, entries, zone), std::move(all.damage)};
}

Listing format_listing_json(const Store& store, const Zone& zone, const RangeRequest& choice) {
  std::string lines;
  AllShown all = read_all(store, choice, zone);
  const StoreNotes& notes = all.notes;
  const auto pinned = pin_notes(notes);
  for (const Shown& shown : all.snapshots) {
    const SnapshotEntry& entry = shown.entry;
    const SnapshotInfo& info = entry.info;
    JsonWriter json;
    json.begin_object().key("kind").string("snapshot");
    json.key("id").number(entry.id.value());
    json.key("uid").string(entry.uid);
    json.key("host").string(info.host);
    json.key("machine_id").string(info.machine_id);
    json.key("boot_id").string(info.boot_id);
    json.key("kernel").string(info.kernel_release);
    json.key("time").string(format_time_iso(info.clocks.realtime_ns));
    json.key("took_ms").number(static_cast<double>(info.took_ns) / 1e6);
    json.key("recorder").string(info.recorder);
    json.key("euid").number(std::uint64_t{info.euid});
    json.key("bytes").number(shown.size.payload_bytes);
    json.key("blocks").number(std::uint64_t{shown.size.blocks});
    if (const auto pin = pinned.find(entry.uid); pin != pinned.end()) {
      json.key("pin").string(pin->second);
    }
    write_tables(json, shown.captures);
    json.end_object();
    lines += json.take() + '\n';
  }
  for (const Mark& mark : notes.marks) {
    JsonWriter json;
    write_mark(json, mark);
    lines += json.take() + '\n';
  }
  for (const Gap& gap : notes.gaps) {
    JsonWriter json;
    write_gap(json, gap);
    lines += json.take() + '\n';
  }
  return {std::move(lines), std::move(all.damage)};
}

void require_complete(const Listing& listing) {
  if (!listing.damage.empty()) {
    const std::size_t others = listing.damage.size() - 1;
    throw Error(listing.damage.front() + (others != 0 ? fmt::format("; and so are {} more", others) : "")
                + "; the others are listed");
  }
}

} // namespace hindstat
