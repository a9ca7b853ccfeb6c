// SPDX-License-Identifier: MIT
#include "recorder/program/record.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <tuple>

#include "base/escape.h"
#include "cli/store_path.h"
#include "cli/tool.h"
#include "recorder/bundle_system.h"
#include "recorder/host_info.h"
#include "recorder/live_system.h"
#include "recorder/names/peer_names.h"
#include "recorder/tee_system.h"
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
  ::chmod(directory.c_str(), store_mode); // mkdir(2) takes the umask off; the group is meant to read the store.
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

std::future<StoreWriter> open_store(const std::string& path, const SnapshotInfo& info) {
  return std::async(std::launch::async, [path, info] {
    StoreWriter writer(path);
    writer.prepare(info.host, info.machine_id, info.boot_id);
    return writer;
  });
}

std::string format_bytes(std::uint64_t bytes) {
  if (bytes < 1000) {
    return std::to_string(bytes) + " B";
  }
  const bool mega = bytes >= 1'000'000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", static_cast<double>(bytes) / (mega ? 1e6 : 1e3),
                mega ? "MB" : "kB");
  return text.data();
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
  return text + format_other_namespaces(snapshot) + "; " + format_bytes(writer.appended_size().payload_bytes) + " in "
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

} // namespace

ExitCode record(const RecordCommand& command) {
  std::ignore = resolve_timeout_ns(command); // What cannot be done is said before anything is.
  const std::unique_ptr<System> system = open_system(command);
  const RecordOptions options = record_options(command);
  auto opened = open_store(store_to_write(command), read_host_info(*system, options));
  Snapshot snapshot = record_snapshot(*system, options);
  if (command.resolve) {
    add_names(command, snapshot);
  }
  StoreWriter writer = opened.get();
  const SnapshotId id = writer.append({snapshot.info, std::move(snapshot.tables), snapshot.captures});
  for (const std::string& sentence : unread_namespaces(snapshot)) {
    warn(record_tool, sentence);
  }
  if (command.verbose) {
    print(format_summary(snapshot, id, writer, command.viewer_zone()));
  }
  return ExitCode::success;
}

} // namespace hindstat
