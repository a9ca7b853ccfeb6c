// SPDX-License-Identifier: MIT
#include "diff/program/options.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/error.h"
#include "base/version.h"

namespace hindstat {

namespace {

constexpr const char* snapshots_group = "Which snapshots";
constexpr const char* tables_group = "Which tables";
constexpr const char* filters_group = "Filters (the exit status is that of what is left)";
constexpr const char* output_group = "Output";
constexpr const char* status_group = "Exit status (0 no difference, 1 differences, 2 trouble)";

constexpr const char* footer =
  "A and B are [HOST:]SNAPSHOT: @latest, @first, @-1 (the one before the latest), a number from\n"
  "`hindstat-record list`, uid:HEX, or a time: '2026-11-21 03:10', 03:10, 'yesterday 03:10', 'mon 03:10',\n"
  "'15 min ago', seconds since 1970. A time takes the last snapshot at or before it.\n"
  "Without B it is @latest of A's host, without both the last two snapshots are compared.\n"
  "\n"
  "Of several filters all have to fit, of the values of one (comma-split or repeated) one, and none that begins\n"
  "with !, as in --dev '!lo'. --where is an expression of SQLite over the members of --json; \"from\", \"to\" and\n"
  "\"table\" are written with their double quotes: --where 'closer = \"peer\"' is wrong, --where \"closer = 'peer'\" "
  "right.\n"
  "\n"
  "Signs: + opened or added, - closed or removed, +- came and went, ~ changed, ! reopened or restarted, > next state,\n"
  "# counted. What is hidden or folded is counted, and shown with --all; what is hidden is no difference.\n"
  "\n"
  "  what changed since?            hindstat-diff 'yesterday 03:00'\n"
  "  who closed first?              hindstat-diff --table tcp --event closed\n"
  "  which listener is new?         hindstat-diff 'yesterday 03:00' --event listen.added\n"
  "  did the default route move?    hindstat-diff 'yesterday 03:00' --prefix default\n"
  "  is this a leak?                hindstat-diff '1 h ago' --state CLOSE_WAIT --stat\n"
  "  what happened around 03:12?    hindstat-diff --around 03:12 +-30m\n"
  "  where did packets go then?     hindstat-diff --to 192.0.2.1 03:10";

void add_snapshot_options(CLI::App& app, DiffCommand& command) {
  RangeRequest& range = command.range;
  app.add_option("SNAPSHOTS", range.snapshots, "The two moments to compare: [A] [B], or all between them: A..B")
    ->option_text("[HOST:]SNAPSHOT|TIME")
    ->expected(0, 3);
  app.add_option("--last", range.last, "All from so long ago up to now")->option_text("1h")->group(snapshots_group);
  app.add_option("--around", range.around, "All around a moment: --around 03:12 +-30m")
    ->option_text("TIME")
    ->group(snapshots_group);
  app.add_option("--window", range.window, "So much before and after it (30m)")
    ->option_text("10m")
    ->group(snapshots_group);
  app.add_flag("--each", range.each, "A heading and the events for each step of that")->group(snapshots_group);
  app.add_option("--host", range.host, "Of this host, where a name has no HOST:")
    ->option_text("NAME")
    ->group(snapshots_group);
  app.add_flag("--nearest", command.nearest, "A time takes the nearest snapshot")->group(snapshots_group);
  app.add_flag("--after", command.after, "A time takes the first snapshot at or after it")->group(snapshots_group);
  app.add_option("--max-gap", command.max_gap, "Refuse a snapshot further than this from the time asked for")
    ->option_text("90s|15m|2h|1d")
    ->group(snapshots_group);
  app.add_option("--store", command.store, "The store (default: $HINDSTAT_STORE, your own, the system's)")
    ->option_text("FILE")
    ->group(snapshots_group);
}

void add_output_options(CLI::App& app, DiffCommand& command) {
  DiffCommand::Forms& forms = command.forms;
  const auto flag = [&](const char* name, bool& value, const char* help) {
    return app.add_flag(name, value, help)->group(output_group);
  };
  flag("--all", command.all, "Show hidden events, too, and fold nothing");
  flag("--stat", forms.stat, "Counts by table and kind, with churn");
  flag("--shortstat", forms.shortstat, "One line of counts");
  flag("--name-status", forms.name_status, "A line an event: sign TAB table TAB key");
  flag("--porcelain", forms.porcelain, "For scripts: a record a line, its fields separated by TAB");
  flag("-z", command.nul, "End the lines of these two with NUL");
  flag("--json", forms.json, "JSON Lines: a header, one object an event, a trailer");
  flag("--csv", forms.csv, "Comma-separated values: a line an event");
  app.add_option("--label", command.labels, "Call A, and given again B, so")
    ->option_text("TEXT")
    ->expected(1)
    ->take_all()
    ->allow_extra_args(false)
    ->group(output_group);
  app.add_option("--color", command.color, "When to use colours (NO_COLOR is respected)")
    ->option_text("auto|always|never")
    ->check(CLI::IsMember({"auto", "always", "never"}))
    ->group(output_group);
  flag("--no-pager", command.no_pager, "No $HINDSTAT_PAGER, $PAGER or less on a terminal");
  flag("--utc", command.utc, "Read and print times in UTC");
  app.add_option("--tz", command.zone, "Read and print times in this zone")
    ->option_text("Europe/Berlin")
    ->group(output_group);
  app.set_help_flag("-h,--help", "Print this and exit")->group(output_group);
  app.set_version_flag("--version", fmt::format("{} {}", diff_tool, version))->group(output_group);
}

void add_status_options(CLI::App& app, DiffCommand& command) {
  const auto flag = [&](const char* name, bool& value, const char* help) {
    app.add_flag(name, value, help)->group(status_group);
  };
  flag("-q,--quiet", command.quiet, "Print nothing: the exit status says it");
  flag("-s,--report-identical", command.report_identical, "Say so in one line when there is no difference");
  flag("--exit-zero", command.exit_zero, "Exit with 0 when there are differences, too");
  flag("--strict", command.strict, "Exit with 2 when a table was not compared or there is a doubt");
}

} // namespace

void add_diff_options(CLI::App& app, DiffCommand& command) {
  add_snapshot_options(app, command);
  add_list_option(app, "--table", command.tables, "Only these; also tcp, udp, raw, ..., if, addr, cache, nat, arp",
                  "NAME")
    ->group(tables_group);
  add_namespace_options(app, command.namespaces);
  for (const char* name : {"--netns", "--all-netns"}) {
    app.get_option(name)->group(tables_group);
  }
  app
    .add_flag("--cross-netns", command.cross_namespaces,
              "Compare two namespaces of one host, too: by name, not as the same objects")
    ->group(tables_group);
  app.add_option("--to", command.to, "Instead: which route packets to this address took, in A and in B")
    ->option_text("ADDRESS")
    ->group(tables_group);
  add_event_filters(app, command.filters, filters_group);
  add_row_filters(app, command.filters, filters_group);
  app.add_option("--where", command.where, "An expression of SQLite over the members of the event")
    ->option_text("SQL")
    ->group(filters_group);
  add_output_options(app, command);
  add_status_options(app, command);
  app.footer(footer);
}

void check(const DiffCommand& command) {
  const DiffCommand::Forms& forms = command.forms;
  const std::array<std::pair<bool, const char*>, 6> chosen{{{forms.stat, "--stat"},
                                                            {forms.shortstat, "--shortstat"},
                                                            {forms.name_status, "--name-status"},
                                                            {forms.porcelain, "--porcelain"},
                                                            {forms.json, "--json"},
                                                            {forms.csv, "--csv"}}};
  const char* first = nullptr;
  for (const auto& [is_chosen, name] : chosen) {
    if (is_chosen && first != nullptr) {
      throw Error(fmt::format("{} and {} exclude each other", first, name));
    }
    first = is_chosen ? name : first;
  }
  if (command.nearest && command.after) {
    throw Error("--nearest and --after exclude each other");
  }
  if (command.utc && !command.zone.empty()) {
    throw Error("--utc and --tz exclude each other");
  }
  if (command.nul && !forms.porcelain && !forms.name_status) {
    throw Error("-z is for --porcelain and --name-status");
  }
  if (command.labels.size() > 2) {
    throw Error(fmt::format("--label '{}': only two snapshots have one", command.labels[2]));
  }
}

std::string describe_filters(const DiffCommand& command) {
  std::string text = describe(command.filters);
  if (!command.where.empty()) {
    text += fmt::format("{}--where {}", text.empty() ? "" : " ", command.where);
  }
  return text;
}

} // namespace hindstat
