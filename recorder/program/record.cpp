// SPDX-License-Identifier: MIT
#include "recorder/program/record.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <tuple>

#include "base/escape.h"
#include "cli/sizes.h"
#include "cli/store_path.h"
#include "cli/tool.h"
#include "recorder/bundle_system.h"
#include "recorder/host_info.h"
#include "recorder/live_system.h"
#include "recorder/names/peer_names.h"
#include "recorder/tee_system.h"
#include "store/file_header.h"
#include "store/gap_file.h"
#include "tables/network_namespace.h"

namespace hindstat {

namespace {

void make_directory(const std::string& directory, mode_t mode) {
  if (::mkdir(directory.c_str(), mode) == 0 || errno == EEXIST) {
    return;
  }
  const int error = errno;
  throw Error("cannot make directory " + directory + ": " + std::strerror(error),
              error == ENOSPC ? ExitCode::try_again : ExitCode::trouble);
}

/// Makes the directories that lead to the default store: 0700 on the way, 0750 for the store's own.
void make_store_directory(const std::string& store) {
  const std::string directory = store.substr(0, store.rfind('/'));
  struct stat status {};
  if (directory.empty() || ::stat(directory.c_str(), &status) == 0) {
    return;
  }
  constexpr mode_t way_mode = 0700;
  constexpr mode_t store_mode = 0750;
  for (std::size_t slash = directory.find('/', 1); slash != std::string::npos; slash = directory.find('/', slash + 1)) {
    make_directory(directory.substr(0, slash), way_mode);
  }
  make_directory(directory, store_mode);
  ::chmod(directory.c_str(), store_mode); // mkdir(2) takes the umask off; the group may enter, for --mode 0640.
}

/// What was read in other network namespaces: "; 3 more network namespaces: 1210 rows", or "".
std::string format_other_namespaces(const Snapshot& snapshot) {
  std::set<std::string_view> namespaces;
  std::uint64_t rows = 0;
  for (const Capture& capture : snapshot.captures) {
    if (!capture.netns.empty() && capture.table != network_namespaces.name()) {
      namespaces.insert(capture.netns);
      rows += capture.rows;
    }
  }
  return namespaces.empty() ? ""
                            : "; " + std::to_string(namespaces.size()) + " more network namespace"
                                + (namespaces.size() == 1 ? "" : "s") + ": " + std::to_string(rows) + " rows";
}

LiveLimits live_limits(const TimeLimits& limits) {
  // The walk over all processes serves as many tables as have owners, and runs beside them.
  constexpr std::int64_t owner_tables = 3;
  const std::int64_t owners_ns =
    owner_tables * std::min(limits.table_ns, std::numeric_limits<std::int64_t>::max() / owner_tables);
  const bool shorter = limits.snapshot_ns != 0 && limits.snapshot_ns < owners_ns;
  return {limits.table_ns, shorter ? limits.snapshot_ns : owners_ns};
}

} // namespace

RecordOptions record_options(const RecordCommand& command) {
  RecordOptions options = command.record;
  options.all_witnesses = !command.save_bundle.empty();
  options.limits = time_limits(command);
  return options;
}

std::unique_ptr<System> open_system(const RecordCommand& command) {
  auto system =
    command.bundle.empty() ? open_live_system(live_limits(time_limits(command))) : open_bundle(command.bundle);
  return command.save_bundle.empty() ? std::move(system) : tee_into_bundle(std::move(system), command.save_bundle);
}

std::string store_to_write(const RecordCommand& command) {
  if (!command.store.empty()) {
    return command.store;
  }
  std::string path = default_store_path(true);
  if (std::getenv("HINDSTAT_STORE") == nullptr) {
    make_store_directory(path);
  }
  return path;
}

std::future<StoreWriter> open_store(const std::string& path, std::uint32_t mode, const SnapshotInfo& info) {
  return std::async(std::launch::async, [path, mode, info] {
    StoreWriter writer(path, mode);
    writer.prepare(info.host, info.machine_id, info.boot_id);
    return writer;
  });
}

bool note_lost(const std::string& path, const SnapshotInfo& info, const Error& error) {
  const Obstacle reason = obstacle_of(error);
  if (reason == Obstacle::none) {
    return true;
  }
  const std::int64_t moment = info.clocks.realtime_ns;
  try {
    return note_gap(resolve_directory(path), {info.host, info.machine_id, reason, moment, moment, 1});
  } catch (const Error&) {
    return false; // There is no such directory.
  }
}

std::string format_summary(const Snapshot& snapshot, SnapshotId id, const StoreWriter& writer, const Zone& zone) {
  std::string text = "recorded #" + std::to_string(id.value()) + " " + escape_terminal(snapshot.info.host) + " "
                     + format_time(snapshot.info.clocks.realtime_ns, zone) + ":";
  const char* separator = " ";
  for (const Capture& capture : snapshot.captures) {
    if (!capture.netns.empty()) {
      continue;
    }
    text += separator + capture.table;
    if (was_collected(capture.status)) {
      text += " " + std::to_string(capture.rows);
    }
    if (capture.status != CaptureStatus::complete) {
      text += " " + format_status(capture.status);
    }
    separator = ", ";
  }
  return text + format_other_namespaces(snapshot) + "; " + format_size(writer.appended_size().payload_bytes) + " in "
         + format_duration(snapshot.info.took_ns) + ", commit " + format_duration(writer.last_commit_ns()) + "\n";
}

std::vector<std::string> unread_namespaces(const Snapshot& snapshot) {
  std::vector<std::string> sentences;
  for (const Capture& capture : snapshot.captures) {
    if (!capture.netns.empty() && capture.table == network_namespaces.name()) {
      sentences.push_back("network namespace " + escape_terminal(capture.netns)
                          + " is not in the snapshot: " + escape_terminal(capture.detail));
    }
  }
  return sentences;
}

namespace {

void add_names(const RecordCommand& command, Snapshot& snapshot) {
  if (!command.bundle.empty()) {
    add_no_names(snapshot, "not looked up: a bundle is read without asking anybody");
    warn(record_tool, "--resolve: no names were looked up: a bundle is read without asking anybody");
    return;
  }
  // Not through the tee: names are no part of a bundle.
  const std::unique_ptr<System> live = open_live_system();
  PeerNames(*live, resolve_timeout_ns(command)).add_to(snapshot);
}

void warn_of(const Snapshot& snapshot, const StoreWriter& writer) {
  for (const std::string& sentence : unread_namespaces(snapshot)) {
    warn(record_tool, sentence);
  }
  if (!writer.prune_trouble().empty()) {
    warn(record_tool, writer.prune_trouble());
  }
}

} // namespace

ExitCode record(const RecordCommand& command) {
  std::ignore = resolve_timeout_ns(command); // What cannot be done is said before anything is.
  std::ignore = store_mode(command);
  const std::unique_ptr<System> system = open_system(command);
  const RecordOptions options = record_options(command);
  const SnapshotInfo info = read_host_info(*system, options);
  const std::string path = store_to_write(command);
  auto opened = open_store(path, store_mode(command), info);
  Snapshot snapshot = record_snapshot(*system, options);
  if (command.resolve) {
    add_names(command, snapshot);
  }
  try {
    StoreWriter writer = opened.get();
    const SnapshotId id = writer.append({snapshot.info, std::move(snapshot.tables), snapshot.captures});
    warn_of(snapshot, writer);
    if (command.verbose) {
      print(format_summary(snapshot, id, writer, command.viewer_zone()));
    }
  } catch (const Error& error) {
    // A bundle can be recorded again: that is no gap.
    if (command.bundle.empty() && !note_lost(path, info, error)) {
      throw Error(std::string(error.what()) + "; that could not be noted either", error.code());
    }
    throw;
  }
  return ExitCode::success;
}

} // namespace hindstat
