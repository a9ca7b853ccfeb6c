// SPDX-License-Identifier: MIT
#include "cli/listing.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/escape.h"
#include "base/json_writer.h"
#include "base/text_table.h"
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

// What the catalog knows, in its order; then what only this file knows.
std::vector<std::string> column_names(const std::vector<std::vector<Capture>>& captures) {
  std::vector<std::string> found;
  for (const auto& of_snapshot : captures) {
    for (const Capture& capture : of_snapshot) {
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

/// What is not complete, tables with the same reason together: "socket_owner, process: partial: not run as root".
std::string describe_problems(const std::vector<Capture>& captures) {
  std::vector<std::pair<std::string, std::string>> problems; // Reason and tables.
  for (const Capture& capture : captures) {
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
  std::string text;
  for (const auto& [reason, names] : problems) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", names, reason);
  }
  return text;
}

std::vector<std::string> format_line(const Store& store, const SnapshotEntry& entry,
                                     const std::vector<Capture>& captures, const std::vector<std::string>& tables,
                                     const Zone& zone) {
  const std::vector<TableSummary> summaries = summarize(captures);
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
  cells.push_back(fmt::format("{}", store.size_of(entry.id).payload_bytes));
  cells.push_back(escape_terminal(describe_problems(captures)));
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

std::string format_listing(const Store& store, const Zone& zone) {
  const std::vector<SnapshotEntry> entries = store.list();
  std::vector<std::vector<Capture>> by_snapshot;
  by_snapshot.reserve(entries.size());
  for (const SnapshotEntry& entry : entries) {
    by_snapshot.push_back(store.load_captures(entry.id));
  }
  const std::vector<std::string> tables = column_names(by_snapshot);
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
  for (std::size_t i = 0; i < entries.size(); ++i) {
    text.add(format_line(store, entries[i], by_snapshot[i], tables, zone));
  }
  return text.format();
}

std::string format_listing_json(const Store& store) {
  std::string lines;
  for (const SnapshotEntry& entry : store.list()) {
    const SnapshotInfo& info = entry.info;
    const SnapshotSize size = store.size_of(entry.id);
    JsonWriter json;
    json.begin_object();
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
    json.key("bytes").number(size.payload_bytes);
    json.key("blocks").number(std::uint64_t{size.blocks});
    write_tables(json, store.load_captures(entry.id));
    json.end_object();
    lines += json.take() + '\n';
  }
  return lines;
}

} // namespace hindstat
