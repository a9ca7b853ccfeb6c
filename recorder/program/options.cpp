// SPDX-License-Identifier: MIT
#include "recorder/program/options.h"

#include <fmt/format.h>

#include "base/version.h"
#include "cli/listing.h"
#include "recorder/program/keep_options.h"
#include "recorder/program/store_verbs.h"

namespace hindstat {

namespace {

constexpr const char* footer =
  "Without --store the snapshot goes to $HINDSTAT_STORE; else for root to /var/lib/hindstat/hindstat.db, for others\n"
  "to $XDG_STATE_HOME/hindstat/hindstat.db (default ~/.local/state). The command line of a process is never read.\n"
  "Owners of other users' sockets need root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; other network namespaces need\n"
  "root, or CAP_SYS_ADMIN as well; tracked flows (NAT) need root or CAP_NET_ADMIN.\n"
  "\n"
  "--resolve sends the addresses of the peers to the resolver of this machine (/etc/resolv.conf), which may pass them\n"
  "on; without it no name is ever asked for. It has no effect with --bundle, and bundles never hold such names.\n"
  "\n"
  "Exit status: 0; 2 in case of trouble; 75 when the disk is full or the store is busy: try again.";

constexpr const char* watch_footer =
  "Takes the options of a plain recording as well: --store, --host, --all-netns, --netns, --tcp-info, --resolve, -v.\n"
  "\n"
  "Beats are kept on the clock that also runs while the machine is asleep, and do not drift. A beat that passes while\n"
  "the recording before it takes too long, or while the recorder is stopped, is skipped, never made up for; table "
  "beat\n"
  "of each snapshot says how late it is, and how many beats were skipped or lost before it. SIGINT, SIGTERM and "
  "SIGHUP\n"
  "end the watch after the recording that is under way.\n"
  "\n"
  "When the store is busy or the disk full the watch says so once and goes on. Exit status: 0; 75 when the last "
  "recording\n"
  "could not be stored; 2 in case of other trouble, at once at the first beat, else when it comes twice in succession.";

void add_sources(CLI::App& app, RecordCommand& command) {
  app.add_option("--store", command.store, "The store to add the snapshot to")->option_text("FILE");
  app.add_option("--mode", command.mode, "Who may read a store that is created, as chmod says it (0600)")
    ->option_text("OCTAL");
  app.add_option("--host", command.record.host_label, "Record under this name instead of the host's")
    ->option_text("NAME");
  app
    .add_option("--save-bundle", command.save_bundle,
                "Also keep all that was read in this directory, which is empty; "
                "what the kernel tells twice, by netlink and in /proc, is read twice for it")
    ->option_text("DIR");
  app.add_option("--bundle", command.bundle, "Record from a saved bundle or a copy of /proc instead of this machine")
    ->option_text("DIR");
}

void add_choices(CLI::App& app, RecordCommand& command) {
  auto* all = app.add_flag("--all-netns", command.record.namespaces.all,
                           "Record every network namespace that has a name or a process, not only the own one");
  app
    .add_option("--netns", command.record.namespaces.patterns,
                "Record these network namespaces too: names, container ids, patterns such as 'cni-*'")
    ->option_text("NAME,...")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->excludes(all);
  app.add_option("--netns-limit", command.record.namespaces.most, "Record at most so many of them (1000)")
    ->option_text("N");
  app.add_flag("--tcp-info", command.record.tcp_info,
               "Also record what the kernel knows of each TCP connection: round trip times, windows, losses, rates");
  app.add_flag("--resolve", command.resolve,
               "Also record the host names of the peers: SENDS their addresses to this machine's resolver");
  app.add_option("--resolve-timeout", command.resolve_timeout, "Wait at most this long for all of them (2s)")
    ->option_text("TIME");
  app.add_flag("--no-modules", command.record.no_modules,
               "Ask the kernel for nothing that would make it load a module; what is thereby not seen is said");
  app.add_option("--table-deadline", command.table_deadline, "Give one table so much time (2s; 0s: no end)")
    ->option_text("TIME");
  app.add_option("--deadline", command.deadline, "Give the snapshot so much time (20s; 0s: no end)")
    ->option_text("TIME");
  app.add_flag("-v,--verbose", command.verbose, "Print one line about what was recorded");
}

void add_list(CLI::App& app, RecordCommand& command) {
  CLI::App* list = app.add_subcommand("list", "List the snapshots of the store");
  list->add_flag("--json", command.json, "JSON Lines, one object a snapshot");
  list->add_option("--store", command.store, "The store to read")->option_text("FILE");
  add_listing_options(*list, command.listed);
  auto* utc = list->add_flag("--utc", command.utc, "Print times in UTC");
  list->add_option("--tz", command.zone, "Print times in this zone")->option_text("Europe/Berlin")->excludes(utc);
  list->callback([&command] { command.verb = RecordCommand::Verb::list; });
}

void add_watch(CLI::App& app, RecordCommand& command) {
  CLI::App* watch = app.add_subcommand("watch", "Record again and again, at a fixed beat");
  watch->fallthrough();
  watch->add_option("--every", command.every, "From beat to beat")->option_text("500ms|1s|5m|1h")->required();
  watch->add_option("--for", command.length, "End after this time (default: at a signal)")->option_text("10m");
  watch->footer(watch_footer);
  watch->callback([&command] { command.verb = RecordCommand::Verb::watch; });
}

} // namespace

void add_record_options(CLI::App& app, RecordCommand& command) {
  add_sources(app, command);
  add_choices(app, command);
  app.set_version_flag("--version", fmt::format("{} {}", record_tool, version));
  app.footer(footer);
  app.require_subcommand(0, 1);
  add_list(app, command);
  add_watch(app, command);
  add_store_verbs(app, command);
  add_keep_options(app, command);
}

} // namespace hindstat
