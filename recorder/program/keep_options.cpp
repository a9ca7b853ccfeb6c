// SPDX-License-Identifier: MIT
#include "recorder/program/keep_options.h"

namespace hindstat {

namespace {

constexpr const char* prune_footer =
  "Without any limit it prunes to those that are set. Nothing is removed unless a limit is given or set. Pinned\n"
  "snapshots always stay, and so does the newest one where only --max-size wants it gone. Limits are about all hosts\n"
  "of the store. Space goes back to the file system.\n"
  "\n"
  "With --set the store keeps the limits (in place of those before), and each recording prunes by them before it\n"
  "stores: a bounded part at a time, and more when the disk is full. --unset ends that.\n"
  "\n"
  "Sizes: k, M, G are powers of 1000, Ki, Mi, Gi of 1024. Exit status: 0; 2 in case of trouble; 75 when the disk is\n"
  "full or the store is busy: try again.";

constexpr const char* snapshots_help = "Which: [HOST:]SNAPSHOT as in hindstat-report, or A..B for all from A to B";

constexpr const char* status_footer =
  "Without HOST it is this machine where the store has it, else the store's only host.\n"
  "\n"
  "Exit status, for monitoring: 0 all is well; 1 there is a problem, and each is said: the last snapshot is older "
  "than\n"
  "--max-age, or from the future; recordings since it could not be stored; a table failed or was late in it; the disk\n"
  "or the limit has no room for the next one; something in the store is damaged. 2 the store cannot be read, or has "
  "no\n"
  "snapshot of the host. What was not collected for lack of a privilege is shown, and no problem.";

void add_store_options(CLI::App& verb, RecordCommand& command, KeepCommand::Verb which) {
  verb.add_option("--store", command.store, "The store")->option_text("FILE");
  auto* utc = verb.add_flag("--utc", command.utc, "Read and print times in UTC");
  verb.add_option("--tz", command.zone, "Read and print times in this zone")
    ->option_text("Europe/Berlin")
    ->excludes(utc);
  verb.callback([&command, which] {
    command.verb = RecordCommand::Verb::keep;
    command.keep.verb = which;
  });
}

void add_prune(CLI::App& app, RecordCommand& command) {
  KeepCommand& keep = command.keep;
  CLI::App* prune = app.add_subcommand("prune", "Remove snapshots by age and size");
  prune->add_option("--keep", keep.keep, "Remove what is older")->option_text("30d");
  prune->add_option("--max-size", keep.max_size, "Remove the oldest until the file is no larger")->option_text("2G");
  prune->add_option("--thin", keep.thin, "Of what is older than the second keep one in the first; repeatable")
    ->option_text("1h:7d")
    ->expected(1)
    ->take_all()
    ->delimiter(',')
    ->allow_extra_args(false);
  auto* set = prune->add_flag("--set", keep.set, "Prune to these limits at every recording from now on");
  prune->add_flag("--unset", keep.unset, "Recording no longer prunes")->excludes(set);
  prune->add_flag("-n,--dry-run", keep.dry_run, "Change nothing, and say what would go");
  prune->add_flag("-v,--verbose", command.verbose, "Say what went");
  prune->footer(prune_footer);
  add_store_options(*prune, command, KeepCommand::Verb::prune);
}

void add_pins(CLI::App& app, RecordCommand& command) {
  KeepCommand& keep = command.keep;
  CLI::App* pin = app.add_subcommand("pin", "Keep snapshots whatever pruning is told");
  pin->add_option("SNAPSHOTS", keep.snapshots, snapshots_help)->option_text("A|A..B ...")->required();
  pin->add_option("--note", keep.note, "Why")->option_text("TEXT")->required();
  add_store_options(*pin, command, KeepCommand::Verb::pin);
  CLI::App* unpin = app.add_subcommand("unpin", "Let pruning have pinned snapshots again");
  unpin->add_option("SNAPSHOTS", keep.snapshots, snapshots_help)->option_text("A|A..B ...")->required();
  add_store_options(*unpin, command, KeepCommand::Verb::unpin);
}

void add_mark(CLI::App& app, RecordCommand& command) {
  KeepCommand& keep = command.keep;
  CLI::App* mark = app.add_subcommand("mark", "Put a note on the time line");
  mark->add_option("TEXT", keep.text, "What happened: \"deploy 4.2\"")->required();
  mark->add_option("--at", keep.at, "When (default: now)")->option_text("TIME");
  mark->add_option("--host", keep.host, "Where (default: this machine, else the store's only host)")
    ->option_text("HOST");
  add_store_options(*mark, command, KeepCommand::Verb::mark);
}

void add_status(CLI::App& app, RecordCommand& command) {
  KeepCommand& keep = command.keep;
  CLI::App* status = app.add_subcommand("status", "How the recording is doing, for people and for monitoring");
  auto* host = status->add_option("HOST", keep.host, "Of which host");
  status->add_option("--host", keep.host, "The same")->option_text("HOST")->excludes(host);
  status->add_option("--max-age", keep.max_age, "How old the last snapshot may be (default: 3 usual intervals)")
    ->option_text("5m");
  status->add_flag("--json", command.json, "One JSON object");
  status->footer(status_footer);
  add_store_options(*status, command, KeepCommand::Verb::status);
}

} // namespace

void add_keep_options(CLI::App& app, RecordCommand& command) {
  add_prune(app, command);
  add_pins(app, command);
  add_mark(app, command);
  add_status(app, command);
}

} // namespace hindstat
