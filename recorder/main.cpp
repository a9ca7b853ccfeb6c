// SPDX-License-Identifier: MIT
// hindstat-record: one snapshot of the network namespace it runs in, into the store.
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <set>
#include <string>

#include "base/escape.h"
#include "base/version.h"
#include "cli/command_line.h"
#include "cli/listing.h"
#include "cli/store_path.h"
#include "cli/times.h"
#include "cli/tool.h"
#include "recorder/bundle_system.h"
#include "recorder/host_info.h"
#include "recorder/live_system.h"
#include "recorder/recorder.h"
#include "recorder/tee_system.h"
#include "store/store.h"
#include "tables/network_namespace.h"

namespace {

using namespace hindstat;

constexpr const char* tool = "hindstat-record";

constexpr const char* footer =
  "Without --store the snapshot goes to $HINDSTAT_STORE; else for root to /var/lib/hindstat/hindstat.db, for others\n"
  "to $XDG_STATE_HOME/hindstat/hindstat.db (default ~/.local/state). The command line of a process is never read.\n"
  "Owners of other users' sockets need root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; other network namespaces need\n"
  "root, or CAP_SYS_ADMIN as well; tracked flows (NAT) need root or CAP_NET_ADMIN.\n"
  "\n"
  "Exit status: 0; 2 in case of trouble; 75 when the disk is full or the store is busy: try again.";

struct Options {
  std::string store;
  std::string host;
  std::string save_bundle;
  std::string bundle;
  std::string zone;
  NamespaceSelection namespaces;
  bool tcp_info = false;
  bool verbose = false;
  bool utc = false;
  bool json = false;
  bool list = false;

  [[nodiscard]] Zone viewer_zone() const {
    return Zone{utc ? "UTC" : zone};
  }
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--store", options.store, "The store to add the snapshot to")->option_text("FILE");
  app.add_option("--host", options.host, "Record under this name instead of the host's")->option_text("NAME");
  app
    .add_option("--save-bundle", options.save_bundle,
                "Also keep all that was read in this directory, which is empty; "
                "what the kernel tells twice, by netlink and in /proc, is read twice for it")
    ->option_text("DIR");
  app.add_option("--bundle", options.bundle, "Record from a saved bundle or a copy of /proc instead of this machine")
    ->option_text("DIR");
  auto* all = app.add_flag("--all-netns", options.namespaces.all,
                           "Record every network namespace that has a name or a process, not only the own one");
  app
    .add_option("--netns", options.namespaces.patterns,
                "Record these network namespaces too: names, container ids, patterns such as 'cni-*'")
    ->option_text("NAME,...")
    ->delimiter(',')
    ->allow_extra_args(false)
    ->excludes(all);
  app.add_option("--netns-limit", options.namespaces.most, "Record at most so many of them (1000)")->option_text("N");
  app.add_flag("--tcp-info", options.tcp_info,
               "Also record what the kernel knows of each TCP connection: round trip times, windows, losses, rates");
  app.add_flag("-v,--verbose", options.verbose, "Print one line about what was recorded");
  app.set_version_flag("--version", std::string(tool) + " " + version);
  app.footer(footer);
  CLI::App* list = app.add_subcommand("list", "List the snapshots of the store");
  list->add_flag("--json", options.json, "JSON Lines, one object a snapshot");
  list->add_option("--store", options.store, "The store to read")->option_text("FILE");
  auto* utc = list->add_flag("--utc", options.utc, "Print times in UTC");
  list->add_option("--tz", options.zone, "Print times in this zone")->option_text("Europe/Berlin")->excludes(utc);
  list->callback([&options] { options.list = true; });
}

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

std::string store_to_write(const Options& options) {
  if (!options.store.empty()) {
    return options.store;
  }
  std::string path = default_store_path(true);
  if (std::getenv("HINDSTAT_STORE") == nullptr) {
    make_store_directory(path);
  }
  return path;
}

std::unique_ptr<System> open_system(const Options& options) {
  auto system = options.bundle.empty() ? open_live_system() : open_bundle(options.bundle);
  return options.save_bundle.empty() ? std::move(system) : tee_into_bundle(std::move(system), options.save_bundle);
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

/// "recorded #12 gw1 2026-11-21 03:09:00 +0000: socket 531, route 40, unix_socket denied; 2.1 kB in 120 ms, commit 2
/// ms"
std::string format_summary(const Snapshot& snapshot, SnapshotId id, std::uint64_t bytes, std::int64_t commit_ns,
                           const Zone& zone) {
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
  return text + format_other_namespaces(snapshot) + "; " + format_bytes(bytes) + " in "
         + format_duration(snapshot.info.took_ns) + ", commit " + format_duration(commit_ns) + "\n";
}

/// A namespace that could not be read is no reason to lose the others, but not to be silent either.
void warn_of_unread_namespaces(const Snapshot& snapshot) {
  for (const Capture& capture : snapshot.captures) {
    if (!capture.netns.empty() && capture.table == network_namespaces.name()) {
      warn(tool, "network namespace " + escape_terminal(capture.netns)
                   + " is not in the snapshot: " + escape_terminal(capture.detail));
    }
  }
}

ExitCode record(const Options& options) {
  const std::unique_ptr<System> system = open_system(options);
  const RecordOptions record_options{options.host, !options.save_bundle.empty(), options.namespaces, options.tcp_info};
  const SnapshotInfo info = read_host_info(*system, record_options);
  const std::string path = store_to_write(options);
  // Opening the store and loading what to compare with takes as long as a small recording: both run at once.
  auto opened = std::async(std::launch::async, [&path, &info] {
    StoreWriter writer(path);
    writer.prepare(info.host, info.machine_id, info.boot_id);
    return writer;
  });
  Snapshot snapshot = record_snapshot(*system, record_options);
  StoreWriter writer = opened.get();
  const SnapshotId id = writer.append({snapshot.info, std::move(snapshot.tables), snapshot.captures});
  warn_of_unread_namespaces(snapshot);
  if (options.verbose) {
    print(format_summary(snapshot, id, Store(path).size_of(id).payload_bytes, writer.last_commit_ns(),
                         options.viewer_zone()));
  }
  return ExitCode::success;
}

ExitCode list(const Options& options) {
  const Store store(options.store.empty() ? default_store_path(false) : options.store);
  print(options.json ? format_listing_json(store) : format_listing(store, options.viewer_zone()));
  return ExitCode::success;
}

} // namespace

int main(int argc, char** argv) {
  return hindstat::run_tool(tool, [&] {
    Options options;
    CLI::App app("Records one snapshot of this machine's network tables.", tool);
    add_options(app, options);
    if (!parse_command_line(app, argc, argv)) {
      return ExitCode::success;
    }
    return options.list ? list(options) : record(options);
  });
}
