// SPDX-License-Identifier: MIT
#include "recorder/program/store_verbs.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "base/escape.h"
#include "cli/store_path.h"
#include "cli/times.h"
#include "cli/tool.h"
#include "store/merge.h"
#include "store/removal.h"
#include "store/verify.h"

namespace hindstat {

namespace {

constexpr std::size_t most_sentences = 100;

constexpr const char* rm_footer =
  "For a snapshot that must not exist. All others stay as they were; a tombstone stays with the time and the uid of "
  "the\n"
  "snapshot, so that verify does not miss it and import does not bring it back. Its bytes in the file are overwritten\n"
  "with zeros, as far as the file system overwrites in place; the space is used again for what is recorded next.";

constexpr const char* import_footer =
  "Hosts, boots and uids stay what they are; a snapshot that is here already is not imported twice, so that an import\n"
  "that was interrupted can be repeated. What was pruned from this store stays pruned. The other stores may be "
  "written\n"
  "to meanwhile. Exit status: 0; 2 when something in them is damaged (the rest is imported); 75 when the disk is full\n"
  "or the store is busy.";

constexpr const char* export_footer =
  "The part cut out is a store of its own: every tool takes it, import adds it to another one.\n"
  "\n"
  "Without --anonymise it has the addresses, host, user and process names that were recorded. With it, addresses keep\n"
  "their prefixes and their kind (private, loopback, multicast), names become host-1, process-4, user-2; ports, pids,\n"
  "uids, counters and times stay: docs/anonymous.md says what is kept and what that may tell. The map of what stands "
  "for\n"
  "what stays here, in a file that only you can read: whoever has it can undo the anonymity, so do not hand it on. "
  "With\n"
  "the same --map the next export has the same pseudonyms.\n"
  "\n"
  "Exit status: 0; 2 when something is damaged (the rest is exported) or cannot be done; 75 when the disk is full or "
  "the\n"
  "store or the map is busy.";

constexpr const char* verify_footer =
  "Checks every block, chain, checksum, foreign key, row count, layout and link of the store and the structures of\n"
  "SQLite, and says what is damaged and which tables of which times that costs. This finds accidents and careless "
  "edits,\n"
  "nothing against someone who rewrites the file: the checksums are no signatures.\n"
  "\n"
  "A recording that comes meanwhile waits, 5 s at most: check a copy of a large store that is being recorded to.\n"
  "Exit status: 0 the store is sound; 1 it is damaged; 2 in case of other trouble; 75 when the store is busy.";

constexpr const char* salvage_footer =
  "IN stays as it is: a copy beside OUT is worked on, which takes as much space for the time. A damaged table is left "
  "out\n"
  "of its snapshots, which then say that it failed and why; other tables and snapshots are saved as they were. Exit\n"
  "status: 0 all was saved; 1 something is lost, and it is said what; 2 nothing could be saved.";

std::string store_path(const RecordCommand& command, bool to_write) {
  return command.store.empty() ? default_store_path(to_write) : command.store;
}

std::string count(std::uint64_t number, const char* noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

void warn_all(const std::vector<std::string>& sentences) {
  for (std::size_t i = 0; i < std::min(sentences.size(), most_sentences); ++i) {
    warn(record_tool, sentences[i]);
  }
  if (sentences.size() > most_sentences) {
    warn(record_tool, fmt::format("and {} more", sentences.size() - most_sentences));
  }
}

ExitCode remove(const RecordCommand& command) {
  std::vector<SnapshotId> ids;
  for (const std::int64_t id : command.ids) {
    ids.emplace_back(id);
  }
  const Removal done = remove_from_store(store_path(command, false), ids);
  print(fmt::format("removed {}\n", count(done.snapshots, "snapshot")));
  return ExitCode::success;
}

ExitCode import(const RecordCommand& command) {
  ExitCode code = ExitCode::success;
  const std::string store = store_path(command, true);
  for (const std::string& path : command.paths) {
    const Merge merge = import_store(store, path, command.again);
    std::string text = fmt::format("{}: {} imported, {} known", path, count(merge.copied, "snapshot"), merge.known);
    if (merge.removed != 0) {
      text += fmt::format(", {} removed here (--again imports them)", merge.removed);
    }
    if (merge.pruned != 0) {
      text += fmt::format(", {} pruned here", merge.pruned);
    }
    print(text + "\n");
    warn_all(merge.damaged);
    if (!merge.damaged.empty()) {
      code = ExitCode::trouble;
    }
  }
  return code;
}

std::optional<std::int64_t> time_of(const std::string& text, const Zone& zone) {
  if (text.empty()) {
    return std::nullopt;
  }
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return parse_time(text, zone, std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

ExitCode export_part(const RecordCommand& command) {
  const Zone zone = command.viewer_zone();
  const ExportChoice choice{command.hosts, time_of(command.since, zone), time_of(command.until, zone)};
  const std::string& to = command.paths.front();
  const std::string map = command.map.empty() ? to + ".map.json" : command.map;
  const Merge merge = command.anonymise ? export_anonymous(store_path(command, false), to, choice, map)
                                        : export_store(store_path(command, false), to, choice);
  print(fmt::format("{}: {} exported{}\n", to, count(merge.copied, "snapshot"),
                    command.anonymise ? " under pseudonyms" : ""));
  if (command.anonymise) {
    print(fmt::format("{}: what stands for what; keep it here, whoever has it can undo the anonymity\n", map));
  }
  warn_all(merge.damaged);
  return merge.damaged.empty() ? ExitCode::success : ExitCode::trouble;
}

std::string format_cost(const DamageCost& cost, const Zone& zone) {
  const std::string what =
    cost.table.empty() ? count(cost.snapshots, "snapshot")
                       : fmt::format("table {} of {}", escape_terminal(cost.table), count(cost.snapshots, "snapshot"));
  const std::string when = cost.snapshots == 1
                             ? fmt::format("#{}, {}", cost.first_id, format_time(cost.first_ns, zone))
                             : fmt::format("#{} to #{}, {} to {}", cost.first_id, cost.last_id,
                                           format_time(cost.first_ns, zone), format_time(cost.last_ns, zone));
  return fmt::format("  {}: {} ({})\n", cost.host.empty() ? "?" : escape_terminal(cost.host), what, when);
}

ExitCode verify(const RecordCommand& command) {
  const std::string path = store_path(command, false);
  const Verification found = verify_store(path);
  std::string text = fmt::format("{}: {}: {}, {}", path, found.damage.empty() ? "sound" : "DAMAGED",
                                 count(found.snapshots, "snapshot"), count(found.blocks, "block"));
  for (const auto& [reason, stones] : found.gone) {
    text += fmt::format(", {} {}", stones, escape_terminal(reason));
  }
  text += "\n";
  for (std::size_t i = 0; i < std::min(found.damage.size(), most_sentences); ++i) {
    text += "  " + found.damage[i] + "\n";
  }
  if (found.damage.size() > most_sentences) {
    text += fmt::format("  and {} more\n", found.damage.size() - most_sentences);
  }
  if (!found.costs.empty()) {
    text += "It costs:\n";
    for (const DamageCost& cost : found.costs) {
      text += format_cost(cost, command.viewer_zone());
    }
  }
  print(text);
  return found.damage.empty() ? ExitCode::success : ExitCode::differences;
}

ExitCode salvage(const RecordCommand& command) {
  const Salvage saved = salvage_store(command.paths[0], command.paths[1]);
  print(fmt::format("{}: {} saved\n", command.paths[1], count(saved.snapshots, "snapshot")));
  warn_all(saved.lost);
  return saved.lost.empty() ? ExitCode::success : ExitCode::differences;
}

CLI::App* add_verb(CLI::App& app, RecordCommand& command, const char* name, const char* what, const char* footer,
                   ExitCode (*work)(const RecordCommand&)) {
  CLI::App* verb = app.add_subcommand(name, what);
  verb->footer(footer);
  verb->callback([&command, work] {
    command.verb = RecordCommand::Verb::work;
    command.work = work;
  });
  return verb;
}

void add_store_option(CLI::App* verb, RecordCommand& command, const char* what) {
  verb->add_option("--store", command.store, what)->option_text("FILE");
}

void add_zone_options(CLI::App* verb, RecordCommand& command) {
  auto* utc = verb->add_flag("--utc", command.utc, "Times are in UTC");
  verb->add_option("--tz", command.zone, "Times are in this zone")->option_text("Europe/Berlin")->excludes(utc);
}

} // namespace

void add_store_verbs(CLI::App& app, RecordCommand& command) {
  CLI::App* rm = add_verb(app, command, "rm", "Remove snapshots from the store", rm_footer, remove);
  rm->add_option("ID", command.ids, "Their numbers, as list shows them")->required();
  add_store_option(rm, command, "The store to remove them from");

  CLI::App* from = add_verb(app, command, "import", "Add the snapshots of other stores", import_footer, import);
  from->add_option("OTHER.db", command.paths, "The stores to read")->required();
  from->add_flag("--again", command.again, "Also what was removed from this store");
  add_store_option(from, command, "The store to add to");

  CLI::App* out =
    add_verb(app, command, "export", "Cut a part out into a store of its own", export_footer, export_part);
  out->add_option("OUT.db", command.paths, "The new file")->required()->expected(1);
  out->add_option("--host", command.hosts, "Only these hosts")
    ->option_text("NAME,...")
    ->delimiter(',')
    ->allow_extra_args(false);
  out->add_option("--since", command.since, "Only from this time on")->option_text("TIME");
  out->add_option("--until", command.until, "Only up to this time")->option_text("TIME");
  CLI::Option* anonymise = out->add_flag("--anonymise,--anonymize", command.anonymise,
                                         "Put pseudonyms in the place of addresses, MACs and names");
  out->add_option("--map", command.map, "Where to keep what stands for what (default: OUT.db.map.json)")
    ->option_text("FILE")
    ->needs(anonymise);
  add_store_option(out, command, "The store to read");
  add_zone_options(out, command);

  CLI::App* check = add_verb(app, command, "verify", "Check the whole store for damage", verify_footer, verify);
  auto* file = check->add_option("FILE", command.store, "The store to check")->expected(1);
  check->add_option("--store", command.store, "The same")->option_text("FILE")->excludes(file);
  add_zone_options(check, command);

  CLI::App* save = add_verb(app, command, "salvage", "Save what is sound of a damaged store", salvage_footer, salvage);
  save->add_option("IN OUT", command.paths, "The damaged store and the new file")->required()->expected(2);
}

} // namespace hindstat
