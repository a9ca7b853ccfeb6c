// SPDX-License-Identifier: MIT
// hindstat-report: a past moment as netstat would have shown it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/escape.h"
#include "base/json_writer.h"
#include "base/version.h"
#include "cli/command_line.h"
#include "cli/filters.h"
#include "cli/listing.h"
#include "cli/namespaces.h"
#include "cli/notes.h"
#include "cli/selector.h"
#include "cli/store_path.h"
#include "cli/times.h"
#include "cli/tool.h"
#include "report/rows_csv.h"
#include "report/rows_json.h"
#include "report/statuses.h"
#include "report/table_text.h"
#include "report/view.h"
#include "report/view_options.h"
#include "store/store.h"
#include "tables/catalog.h"
#include "tables/process.h"
#include "tables/socket.h"
#include "tables/user.h"

namespace {

using namespace hindstat;

constexpr const char* tool = "hindstat-report";

constexpr std::size_t write_size = 65'536;

constexpr const char* times_help =
  "AT is [HOST:]SNAPSHOT: @latest (the default), @first, @-1 (the one before the latest), a number from\n"
  "`hindstat-report list`, uid:HEX, or a time: '2026-11-21 03:10', 03:10, 'yesterday 03:10', 'mon 03:10',\n"
  "'15 min ago', seconds since 1970. A time takes the last snapshot at or before it.\n"
  "\n";

constexpr const char* forms_help =
  "\n"
  "--csv is RFC 4180: for each table shown a line \"table,COLUMN,...\" and its rows, with an empty line between two\n"
  "tables; a table that was not collected has none, and stderr says so.\n"
  "\n"
  "Filters: of the rows of every table shown; all of them have to fit, of the values of one (comma-split or repeated)\n"
  "one, and none that begins with !. Listening sockets are shown with -a or -l only, also with --state LISTEN.\n"
  "\n"
  "Exit status: 0, or 2 in case of trouble.";

struct Options {
  std::string at = "@latest";
  std::string store;
  ViewOptions view;
  bool json = false;
  bool csv = false;
  std::vector<std::string> tables;
  NamespaceChoice namespaces;
  FilterOptions filters;
  bool utc = false;
  std::string zone;
  bool nearest = false;
  bool after = false;
  std::string max_gap;
  bool list = false;
  RangeRequest listed; ///< Of the verb list.

  [[nodiscard]] Zone viewer_zone() const {
    return Zone{utc ? "UTC" : zone};
  }
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("AT", options.at, "The moment to show")->option_text("[HOST:]SNAPSHOT|TIME");
  add_view_options(app, options.view);
  app.add_option("--table", options.tables, "Whole tables by name, comma-split and repeatable, with all columns")
    ->option_text("NAME")
    ->expected(1)
    ->take_all()
    ->delimiter(',')
    ->allow_extra_args(false);
  add_namespace_options(app, options.namespaces);
  add_row_filters(app, options.filters, "Filters");
  app.add_flag("--json", options.json, "JSON Lines: the snapshot, its captures, then one object a row");
  app.add_flag("--csv", options.csv, "Comma-separated values: the rows of --json, one block a table");
  app.add_option("--store", options.store, "The store (default: $HINDSTAT_STORE, your own, the system's)")
    ->option_text("FILE");
  app.add_flag("--nearest", options.nearest, "A time takes the nearest snapshot");
  app.add_flag("--after", options.after, "A time takes the first snapshot at or after it");
  app.add_option("--max-gap", options.max_gap, "Refuse a snapshot further than this from the time asked for")
    ->option_text("90s|15m|2h|1d");
  app.add_flag("--utc", options.utc, "Read and print times in UTC");
  app.add_option("--tz", options.zone, "Read and print times in this zone, such as Europe/Berlin")->option_text("ZONE");
  app.set_version_flag("-V,--version", fmt::format("{} {}", tool, version));
  app.footer(fmt::format("{}{}{}", times_help, view_options_help(), forms_help));
  CLI::App* list = app.add_subcommand("list", "List the snapshots of the store (with --json as JSON Lines)");
  list->fallthrough();
  add_listing_options(*list, options.listed);
  list->footer("Takes --json, --store FILE, --utc and --tz ZONE.");
  list->callback([&options] { options.list = true; });
}

// What would be ambiguous.
void check(const Options& options) {
  const auto exclude = [](bool one, bool other, const char* names) {
    if (one && other) {
      throw Error(fmt::format("{} exclude each other", names));
    }
  };
  exclude(options.nearest, options.after, "--nearest and --after");
  exclude(options.utc, !options.zone.empty(), "--utc and --tz");
  exclude(options.json, options.csv, "--json and --csv");
  if (options.list && options.csv) {
    throw Error("list has no --csv form: --json is there");
  }
  if (!describe(options.filters).empty() && options.view.statistics) {
    throw Error("-s has no rows to filter: --table protocol_counter has");
  }
  if (!options.tables.empty() && has_view(options.view)) {
    throw Error("--table shows whole tables: it cannot be combined with the options of netstat");
  }
  for (const std::string& name : options.tables) {
    if (find_table_spec(name) == nullptr) {
      std::string known;
      for (const TableSpec& spec : catalog()) {
        known += (known.empty() ? "" : ", ") + std::string(spec.name);
      }
      throw Error(fmt::format("there is no table '{}': the tables are {}", name, known));
    }
  }
}

Selected select(const Store& store, const Options& options) {
  SelectorOptions selector = viewer_options(options.viewer_zone());
  selector.match = options.nearest ? TimeMatch::nearest : options.after ? TimeMatch::after : TimeMatch::at_or_before;
  if (!options.max_gap.empty()) {
    selector.max_gap_ns = parse_duration(options.max_gap);
  }
  return select_snapshot(store.list(), options.at, selector);
}

// What was noted since the snapshot before, up to the moment that was asked for.
std::vector<Mark> find_marks(const Store& store, const Selected& selected) {
  const SnapshotInfo& info = selected.entry.info;
  const StoreNotes notes = store.notes();
  for (const std::string& sentence : notes.damage) {
    warn(tool, sentence);
  }
  if (notes.marks.empty()) {
    return {};
  }
  std::optional<std::int64_t> before_ns;
  for (const SnapshotEntry& entry : store.list()) {
    const std::int64_t moment = entry.info.clocks.realtime_ns;
    if (entry.info.host == info.host && entry.info.machine_id == info.machine_id && moment < info.clocks.realtime_ns) {
      before_ns = std::max(before_ns.value_or(moment), moment);
    }
  }
  const std::int64_t taken = info.clocks.realtime_ns + info.took_ns;
  return marks_between(notes, info, before_ns ? *before_ns + 1 : info.clocks.realtime_ns,
                       std::max(taken, selected.asked_ns.value_or(taken)));
}

std::string format_heading(const Selected& selected, const Store& store, const Options& options) {
  constexpr std::size_t date_length = 10;
  const Zone zone = options.viewer_zone();
  const std::int64_t taken = selected.entry.info.clocks.realtime_ns;
  const std::string time = format_time(taken, zone);
  std::string line =
    fmt::format("{} #{}  {}", escape_terminal(selected.entry.info.host), selected.entry.id.value(), time);
  if (selected.asked_ns) {
    std::string asked = format_time(*selected.asked_ns, zone);
    if (asked.compare(0, date_length, time, 0, date_length) == 0) {
      asked = asked.substr(date_length + 1, asked.rfind(' ') - date_length - 1);
    }
    const std::int64_t distance = *selected.asked_ns - taken;
    line += fmt::format("  (asked for {}, {})", asked,
                        distance == 0  ? "exactly"
                        : distance > 0 ? format_duration(distance) + " before"
                                       : format_duration(-distance) + " after");
  }
  line += fmt::format("  store {}\n", escape_terminal(store.path()));
  if (const std::string filters = describe(options.filters); !filters.empty()) {
    line += fmt::format("filter: {}\n", escape_terminal(filters));
  }
  for (const Mark& mark : find_marks(store, selected)) {
    line += fmt::format("mark {}  {}\n", format_time(mark.at_ns, zone), escape_terminal(mark.text));
  }
  return line;
}

std::string format_heading_json(const Selected& selected, const Store& store, const Options& options) {
  const SnapshotInfo& info = selected.entry.info;
  JsonWriter json;
  json.begin_object();
  json.key("v").number(std::uint64_t{1});
  json.key("table").string("snapshot");
  json.key("id").number(selected.entry.id.value());
  json.key("uid").string(selected.entry.uid);
  json.key("host").string(info.host);
  json.key("machine_id").string(info.machine_id);
  json.key("boot_id").string(info.boot_id);
  json.key("kernel").string(info.kernel_release);
  json.key("time").string(format_time_iso(info.clocks.realtime_ns));
  json.key("boottime_ms").number(info.clocks.boottime_ns / 1'000'000);
  json.key("took_ms").number(static_cast<double>(info.took_ns) / 1e6);
  json.key("recorder").string(info.recorder);
  json.key("euid").number(std::uint64_t{info.euid});
  json.key("asked");
  if (selected.asked_ns) {
    json.string(format_time_iso(*selected.asked_ns));
  } else {
    json.null();
  }
  json.key("store").string(store.path());
  if (const std::string filters = describe(options.filters); !filters.empty()) {
    json.key("filter").string(filters);
  }
  json.key("marks").begin_array();
  for (const Mark& mark : find_marks(store, selected)) {
    write_mark(json, mark);
  }
  json.end_array().end_object();
  return json.take() + '\n';
}

std::vector<std::uint32_t> rows_of(const Table& table, const Options& options) {
  return options.tables.empty() ? select_rows(table, options.view) : rows_by_key(table);
}

/// Adds what is shown only where it was collected.
WantedTables with_collected(WantedTables wanted, const Snapshot& snapshot) {
  for (const std::string& name : wanted.if_collected) {
    const std::vector<Capture> found = captures_of(snapshot, name);
    if (std::ranges::any_of(found, was_collected, &Capture::status)) {
      wanted.shown.push_back(name);
      wanted.loaded.push_back(name);
    }
  }
  return wanted;
}

void print_json(const Snapshot& snapshot, const WantedTables& wanted, const Options& options) {
  for (const std::string& name : wanted.loaded) {
    for (const Capture& capture : captures_of(snapshot, name)) {
      print(format_capture_json(capture));
    }
  }
  for (const std::string& name : wanted.shown) {
    if (const Table* table = snapshot.find_table(name)) {
      std::string lines;
      write_rows_json(*table, rows_of(*table, options), [&](std::string_view line) {
        lines += line;
        if (lines.size() >= write_size) {
          print(lines);
          lines.clear();
        }
      });
      print(lines);
    }
  }
}

void print_csv(const Snapshot& snapshot, const WantedTables& wanted, const Options& options) {
  std::string lines;
  bool is_first = true;
  for (const std::string& name : wanted.shown) {
    const std::vector<Capture> found = captures_of(snapshot, name);
    for (const Capture& capture : found) {
      if (capture.status != CaptureStatus::complete) {
        warn(tool, describe_capture(capture));
      }
    }
    if (found.empty()) {
      warn(tool, fmt::format("{}: not collected: not in this snapshot", name));
    }
    if (std::ranges::none_of(found, was_collected, &Capture::status)) {
      continue;
    }
    const Table* table = snapshot.find_table(name);
    const Table empty(*find_table_spec(name));
    lines += is_first ? "" : "\r\n";
    is_first = false;
    write_rows_csv(table != nullptr ? *table : empty,
                   table != nullptr ? rows_of(*table, options) : std::vector<std::uint32_t>(),
                   [&](std::string_view line) {
                     lines += line;
                     if (lines.size() >= write_size) {
                       print(lines);
                       lines.clear();
                     }
                   });
  }
  print(lines);
}

void print_text(const Snapshot& snapshot, const WantedTables& wanted, const Options& options) {
  for (const std::string& name : wanted.loaded) {
    const bool is_shown = std::ranges::find(wanted.shown, name) != wanted.shown.end();
    for (const Capture& capture : captures_of(snapshot, name)) {
      // A shown table that was not collected says so in its own place.
      if (capture.status != CaptureStatus::complete && (!is_shown || was_collected(capture.status))) {
        print(escape_terminal(describe_capture(capture)) + '\n');
      }
    }
  }
  if (options.tables.empty()) {
    print(format_view(snapshot, options.view));
    return;
  }
  for (const std::string& name : options.tables) {
    print(format_table(snapshot, name));
  }
}

/// Who held the sockets of `shown` that have no owner, from the snapshots of the same boot before it.
FormerOwners find_former_owners(const Store& store, const Selected& selected, const Snapshot& shown) {
  constexpr std::size_t most_looked_into = 30; // A TIME_WAIT lasts a minute; this is half an hour of minutes.
  FormerOwners owners(shown);
  const SnapshotInfo& info = selected.entry.info;
  // Without the boot's id nothing proves that a cookie is of the same socket.
  std::vector<SnapshotEntry> entries = info.boot_id.empty() ? std::vector<SnapshotEntry>() : store.list();
  std::erase_if(entries, [&](const SnapshotEntry& entry) {
    return entry.info.host != info.host || entry.info.machine_id != info.machine_id
           || entry.info.boot_id != info.boot_id || entry.info.net_namespace != info.net_namespace
           || entry.info.clocks.boottime_ns >= info.clocks.boottime_ns;
  });
  std::ranges::sort(entries, std::ranges::greater(),
                    [](const SnapshotEntry& entry) { return entry.info.clocks.boottime_ns; });
  const std::vector<std::string> wanted{std::string(sockets.name()), std::string(processes.name())};
  for (std::size_t i = 0; i < std::min(entries.size(), most_looked_into) && !owners.complete(); ++i) {
    owners.look_into(store.load(entries[i].id, wanted));
  }
  return owners;
}

ExitCode report(Options options) {
  check(options);
  options.view = check_view(std::move(options.view));
  const Store store(options.store.empty() ? default_store_path(false) : options.store);
  if (options.list) {
    const Listing listing = options.json ? format_listing_json(store, options.viewer_zone(), options.listed)
                                         : format_listing(store, options.viewer_zone(), options.listed);
    print(listing.text);
    require_complete(listing);
    return ExitCode::success;
  }
  const Selected selected = select(store, options);
  if (!selected.warning.empty()) {
    warn(tool, selected.warning);
  }
  const WantedTables asked = options.tables.empty() ? wanted_tables(options.view, options.json || options.csv)
                                                    : WantedTables{options.tables, options.tables, {}};
  std::vector<std::string> names = asked.loaded;
  names.insert(names.end(), asked.if_collected.begin(), asked.if_collected.end());
  const Filter filter(options.filters);
  if (!filter.empty()) {
    names.insert(names.end(), {std::string(processes.name()), std::string(users.name())}); // Name pids and uids.
  }
  std::vector<Snapshot> loaded;
  loaded.push_back(store.load(selected.entry.id, names));
  Snapshot snapshot = std::move(choose_namespaces(std::move(loaded), options.namespaces).front());
  const WantedTables wanted = with_collected(asked, snapshot);
  if (!filter.empty()) {
    keep_rows(snapshot, wanted.shown, filter);
  }
  FormerOwners former_owners;
  if (options.tables.empty() && !options.csv && !options.json && options.view.sockets.programs) {
    former_owners = find_former_owners(store, selected, snapshot);
    options.view.sockets.former_owners = &former_owners;
  }
  if (options.csv) {
    print_csv(snapshot, wanted, options);
  } else if (options.json) {
    print(format_heading_json(selected, store, options));
    print_json(snapshot, wanted, options);
  } else {
    print(format_heading(selected, store, options));
    print_text(snapshot, wanted, options);
  }
  return ExitCode::success;
}

} // namespace

int main(int argc, char** argv) {
  return hindstat::run_tool(tool, [&] {
    Options options;
    CLI::App app("Shows a recorded moment as netstat would have shown it.", tool);
    add_options(app, options);
    return parse_command_line(app, argc, argv) ? report(std::move(options)) : ExitCode::success;
  });
}
