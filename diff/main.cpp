// SPDX-License-Identifier: MIT
// hindstat-diff: what happened between two snapshots.
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/escape.h"
#include "base/version.h"
#include "cli/command_line.h"
#include "cli/namespaces.h"
#include "cli/notes.h"
#include "cli/selector.h"
#include "cli/store_path.h"
#include "cli/times.h"
#include "cli/tool.h"
#include "diff/lookup_output.h"
#include "diff/output.h"
#include "store/store.h"
#include "tables/catalog.h"
#include "tables/conntrack.h"
#include "tables/conntrack_stat.h"
#include "tables/interface.h"
#include "tables/neighbour.h"
#include "tables/process.h"
#include "tables/protocol_counter.h"
#include "tables/route.h"
#include "tables/route_exception.h"
#include "tables/rule.h"

namespace {

using namespace hindstat;

constexpr const char* tool = "hindstat-diff";

constexpr const char* footer =
  "A and B are [HOST:]SNAPSHOT: @latest, @first, @-1 (the one before the latest), a number from\n"
  "`hindstat-record list`, uid:HEX, or a time: '2026-11-21 03:10', 03:10, 'yesterday 03:10', 'mon 03:10',\n"
  "'15 min ago', seconds since 1970. A time takes the last snapshot at or before it. A..B may be written for both.\n"
  "Without B it is @latest of A's host, without both the last two snapshots are compared.\n"
  "\n"
  "Signs: + opened or added, - closed or removed, +- came and went, ~ changed, ! reopened or restarted, > next state,\n"
  "# counted. What is hidden or folded is counted, and shown with --all; what is hidden is no difference.\n"
  "\n"
  "Exit status: 0 no difference, 1 differences, 2 trouble.";

struct Options {
  std::vector<std::string> snapshots;
  std::string store;
  std::vector<std::string> tables;
  std::string to;
  NamespaceChoice namespaces;
  bool json = false;
  bool all = false;
  std::string color = "auto";
  bool utc = false;
  std::string zone;
  bool nearest = false;
  bool after = false;
  std::string max_gap;
  bool quiet = false;
  bool exit_zero = false;
  bool strict = false;

  [[nodiscard]] Zone viewer_zone() const {
    return Zone{utc ? "UTC" : zone};
  }
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("SNAPSHOTS", options.snapshots, "The two moments to compare: [A] [B]")
    ->option_text("[HOST:]SNAPSHOT|TIME")
    ->expected(0, 2);
  app
    .add_option("--table", options.tables,
                "Only these tables, comma-split and repeatable; tcp, udp, udplite, raw and icmp are parts of socket")
    ->option_text("NAME")
    ->expected(1)
    ->take_all()
    ->delimiter(',');
  app
    .add_option("--to", options.to,
                "Instead: where packets to this address went, in A and in B, as far as the address alone decides")
    ->option_text("ADDRESS");
  add_namespace_options(app, options.namespaces);
  app.add_flag("--json", options.json, "JSON Lines: a header, one object an event, a trailer");
  app.add_flag("--all", options.all, "Show hidden events, too, and fold nothing");
  app.add_flag("-q,--quiet", options.quiet, "Print nothing: the exit status says it");
  app.add_flag("--exit-zero", options.exit_zero, "Exit with 0 when there are differences, too");
  app.add_flag("--strict", options.strict, "Exit with 2 when a table was not compared or there is a doubt");
  app.add_option("--color", options.color, "When to use colours (NO_COLOR is respected)")
    ->option_text("auto|always|never")
    ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--store", options.store, "The store (default: $HINDSTAT_STORE, your own, the system's)")
    ->option_text("FILE");
  auto* nearest = app.add_flag("--nearest", options.nearest, "A time takes the nearest snapshot");
  app.add_flag("--after", options.after, "A time takes the first snapshot at or after it")->excludes(nearest);
  app.add_option("--max-gap", options.max_gap, "Refuse a snapshot further than this from the time asked for")
    ->option_text("90s|15m|2h|1d");
  auto* utc = app.add_flag("--utc", options.utc, "Read and print times in UTC");
  app.add_option("--tz", options.zone, "Read and print times in this zone")
    ->option_text("Europe/Berlin")
    ->excludes(utc);
  app.set_version_flag("--version", fmt::format("{} {}", tool, version));
  app.footer(footer);
}

constexpr std::array<std::string_view, 5> socket_protocols{"tcp", "udp", "udplite", "raw", "icmp"};

DiffOptions diff_options(const Options& options) {
  DiffOptions wanted;
  bool whole_sockets = false;
  const auto add = [](std::vector<std::string>& names, const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
  };
  for (const std::string& name : options.tables) {
    if (std::ranges::find(socket_protocols, name) != socket_protocols.end()) {
      add(wanted.tables, "socket");
      add(wanted.protocols, name);
    } else if (find_table_spec(name) != nullptr) {
      add(wanted.tables, name);
      whole_sockets = whole_sockets || name == "socket";
    } else {
      std::string known;
      for (const TableSpec& spec : catalog()) {
        known += std::string(spec.name) + ", ";
      }
      throw Error(fmt::format(
        "there is no table '{}': the tables are {}and tcp, udp, udplite, raw, icmp as parts of socket", name, known));
    }
  }
  if (whole_sockets) {
    wanted.protocols.clear();
  }
  return wanted;
}

struct SelectedPair {
  Selected before;
  Selected after;
};

// "A..B" is both.
std::vector<std::string> split_range(std::vector<std::string> snapshots) {
  if (snapshots.size() == 1) {
    const std::string range = snapshots.front();
    if (const std::size_t dots = range.find(".."); dots != std::string::npos) {
      return {range.substr(0, dots), range.substr(dots + 2)};
    }
  }
  return snapshots;
}

SelectedPair select(const Store& store, const Options& options) {
  SelectorOptions selector = viewer_options(options.viewer_zone());
  selector.match = options.nearest ? TimeMatch::nearest : options.after ? TimeMatch::after : TimeMatch::at_or_before;
  if (!options.max_gap.empty()) {
    selector.max_gap_ns = parse_duration(options.max_gap);
  }
  std::vector<SnapshotEntry> entries = store.list();
  const std::vector<std::string> names = split_range(options.snapshots);
  Selected before = select_snapshot(entries, names.empty() ? "@-1" : names.front(), selector);
  if (names.size() < 2) {
    std::erase_if(entries, [&](const SnapshotEntry& entry) {
      return entry.info.host != before.entry.info.host || entry.info.machine_id != before.entry.info.machine_id;
    });
  }
  Selected after = select_snapshot(entries, names.size() < 2 ? "@latest" : names.back(), selector);
  for (const Selected* selected : {&before, &after}) {
    if (!selected->warning.empty()) {
      warn(tool, selected->warning);
    }
  }
  return {std::move(before), std::move(after)};
}

SideLabel make_label(const Selected& selected, const Snapshot& snapshot, const Zone& zone) {
  SideLabel label{&snapshot, selected.entry.id.value(), selected.entry.uid, ""};
  if (selected.asked_ns) {
    const std::int64_t distance = *selected.asked_ns - selected.entry.info.clocks.realtime_ns;
    label.distance = fmt::format("asked for {}, {}", format_time(*selected.asked_ns, zone),
                                 distance == 0  ? "exactly"
                                 : distance > 0 ? format_duration(distance) + " before"
                                                : format_duration(-distance) + " after");
  }
  return label;
}

// What was noted between the two, or at one of them; of both hosts.
std::vector<DiffMark> find_marks(const Store& store, const SelectedPair& pair) {
  const SnapshotInfo& before = pair.before.entry.info;
  const SnapshotInfo& after = pair.after.entry.info;
  const StoreNotes notes = store.notes();
  for (const std::string& sentence : notes.damage) {
    warn(tool, sentence);
  }
  const std::int64_t from = std::min(before.clocks.realtime_ns, after.clocks.realtime_ns);
  const std::int64_t to =
    std::max(before.clocks.realtime_ns + before.took_ns, after.clocks.realtime_ns + after.took_ns);
  std::vector<Mark> found = marks_between(notes, before, from, to);
  if (before.host != after.host || before.machine_id != after.machine_id) {
    const std::vector<Mark> more = marks_between(notes, after, from, to);
    found.insert(found.end(), more.begin(), more.end());
    std::ranges::stable_sort(found, {}, &Mark::at_ns);
  }
  std::vector<DiffMark> marks;
  for (const Mark& mark : found) {
    marks.push_back({mark.at_ns, mark.host, mark.text});
  }
  return marks;
}

ExitCode find_exit_code(const Diff& diff, const Options& options) {
  if (options.strict && (!diff.comparability.doubts.empty() || !diff.comparability.not_compared.empty())) {
    return ExitCode::trouble;
  }
  return has_differences(diff) && !options.exit_zero ? ExitCode::differences : ExitCode::success;
}

bool wants_color(const Options& options) {
  if (options.color != "auto") {
    return options.color == "always";
  }
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && ::isatty(STDOUT_FILENO) == 1;
}

// What the kernel would have done with a packet, instead of what happened.
ExitCode look_up(const Options& options) {
  const std::optional<IpAddress> address = parse_ip_address(options.to);
  if (!address) {
    throw Error(fmt::format("--to takes an address such as 192.0.2.1 or fd00::1, not '{}'", options.to));
  }
  const Store store(options.store.empty() ? default_store_path(false) : options.store);
  const SelectedPair pair = select(store, options);
  const std::vector<std::string> loaded{std::string(routes.name()), std::string(rules.name()),
                                        std::string(route_exceptions.name())};
  std::vector<Snapshot> both;
  for (const Selected* selected : {&pair.before, &pair.after}) {
    both.push_back(store.load(selected->entry.id, loaded));
  }
  both = choose_namespaces(std::move(both), options.namespaces);
  const std::vector<LookedUp> found = look_up_both(both.front(), both.back(), *address);
  const Zone zone = options.viewer_zone();
  DiffLabels labels;
  labels.before = make_label(pair.before, both.front(), zone);
  labels.after = make_label(pair.after, both.back(), zone);
  labels.format_time = [&](std::int64_t realtime_ns) {
    return options.json ? format_time_iso(realtime_ns) : format_time(realtime_ns, zone);
  };
  if (!options.quiet) {
    print(options.json ? format_lookup_json(found, *address, labels) : format_lookup_text(found, *address, labels));
  }
  if (!std::ranges::all_of(found, &LookedUp::is_known)) {
    return ExitCode::trouble;
  }
  return std::ranges::all_of(found, &LookedUp::is_same) || options.exit_zero ? ExitCode::success
                                                                             : ExitCode::differences;
}

ExitCode run(const Options& options) {
  if (!options.to.empty()) {
    return look_up(options);
  }
  const DiffOptions wanted = diff_options(options);
  const Store store(options.store.empty() ? default_store_path(false) : options.store);
  const SelectedPair pair = select(store, options);
  std::vector<std::string> loaded = wanted.tables;
  if (!loaded.empty()) {
    loaded.emplace_back(processes.name());         // Names the owners of sockets.
    loaded.emplace_back(interfaces.name());        // Tells which interfaces were renamed.
    loaded.emplace_back(protocol_counters.name()); // Counts the connections that were opened.
    const auto asks_routes = [](const std::string& name) {
      return name == neighbours.name() || name == route_exceptions.name();
    };
    if (std::ranges::any_of(wanted.tables, asks_routes)) {
      loaded.emplace_back(routes.name()); // Tells which neighbours are routers and why what was learned is gone.
    }
    if (std::ranges::find(wanted.tables, conntracks.name()) != wanted.tables.end()) {
      loaded.emplace_back(conntrack_statistics.name()); // Counts the flows that were dropped early.
    }
  }
  std::vector<Snapshot> both;
  for (const Selected* selected : {&pair.before, &pair.after}) {
    both.push_back(store.load(selected->entry.id, loaded));
  }
  both = choose_namespaces(std::move(both), options.namespaces);
  const Snapshot& before = both.front();
  const Snapshot& after = both.back();
  const Diff diff = diff_snapshots(before, after, wanted);
  const ExitCode code = find_exit_code(diff, options);
  if (options.quiet) {
    return code;
  }
  const Zone zone = options.viewer_zone();
  DiffLabels labels;
  labels.store = store.path();
  labels.before = make_label(pair.before, before, zone);
  labels.after = make_label(pair.after, after, zone);
  labels.marks = find_marks(store, pair);
  labels.format_duration = format_duration;
  if (options.json) {
    labels.format_time = format_time_iso;
    print(format_diff_json(diff, labels, {options.all, static_cast<int>(code)}));
  } else {
    labels.format_time = [&](std::int64_t realtime_ns) { return format_time(realtime_ns, zone); };
    print(format_diff_text(diff, labels, {options.all, wants_color(options)}));
  }
  return code;
}

} // namespace

int main(int argc, char** argv) {
  return hindstat::run_tool(tool, [&] {
    Options options;
    CLI::App app("Says what happened between two snapshots.", tool);
    add_options(app, options);
    if (!parse_command_line(app, argc, argv)) {
      return ExitCode::success;
    }
    return run(options);
  });
}
