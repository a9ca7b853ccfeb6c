// SPDX-License-Identifier: MIT
#include "cli/listing.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "base/json_writer.h"
#include "base/text_table.h"
#include "cli/notes.h"
#include "tables/catalog.h"

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

// What the catalog knows, in its order; then what only this file knows.
std::vector<std::string> column_names(const std::vector<Shown>& snapshots) {
  std::vector<std::string> found;
  for (const Shown& snapshot : snapshots) {
    for (const Capture& capture : snapshot.captures) {
      if (std::ranges::find(found, capture.table) == found.end()) {
        found.push_back(capture.table);
      }
    }
  }
  const auto rank = [](const std::string& name) {
    const auto known = catalog();
    return std::ranges::find(known, name, &TableSpec::name) - known.begin();
  };
  std::ranges::stable_sort(found, {}, rank);
  return found;
}

std::string describe_problems(const std::vector<Capture>& captures) {
  std::string text;
  for (const std::string& problem : list_problems(captures)) {
    text += (text.empty() ? "" : "; ") + problem;
  }
  return text;
}

std::vector<std::string> format_line(const Shown& shown, const std::vector<std::string>& tables, const Zone& zone) {
  const SnapshotEntry& entry = shown.entry;
  const std::vector<TableSummary> summaries = summarize(shown.captures);
  std::vector<std::string> cells{fmt::format("#{}", entry.id.value()), escape_terminal(entry.info.host),
                                 format_time(entry.info.clocks.realtime_ns, zone)};
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
  cells.push_back(fmt::format("{}", shown.size.payload_bytes));
  cells.push_back(escape_terminal(describe_problems(shown.captures)));
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

} // namespace

std::vector<std::string> list_problems(const std::vector<Capture>& of_snapshot) {
  std::vector<std::pair<std::string, std::string>> problems; // Reason and tables.
  for (const Capture& capture : of_snapshot) {
    if (capture.status == CaptureStatus::complete) {
      continue;
    }
    const std::string reason =
      capture.detail.empty() ? format_status(capture.status) : format_status(capture.status) + ": " + capture.detail;
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

Listing format_listing(const Store& store, const Zone& zone, const RangeRequest& choice) {
  AllShown all = read_all(store, choice, zone);
  const std::vector<std::string> tables = column_names(all.snapshots);
  using Align = TextTable::Align;
  std::vector<Align> aligns{Align::right, Align::left, Align::left};
  aligns.insert(aligns.end(), tables.size() + 1, Align::right);
  aligns.push_back(Align::left);
  TextTable text(aligns);
  std::vector<std::string> header{"id", "host", "time"};
  for (const std::string& table : tables) {
    header.push_back(escape_terminal(table));
  }
  header.insert(header.end(), {"bytes", "not complete"});
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
