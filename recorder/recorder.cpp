// SPDX-License-Identifier: MIT
#include "recorder/recorder.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <tuple>

#include "base/error.h"
#include "recorder/host_info.h"
#include "recorder/readers.h"
#include "tables/catalog.h"
#include "tables/network_namespace.h"

namespace hindstat {

namespace {

std::ptrdiff_t catalog_position(std::string_view table) {
  return std::ranges::find(catalog(), table, &TableSpec::name) - catalog().begin();
}

void run_readers(ReadContext& context, ReaderScope scope) {
  for (const Reader& reader : readers()) {
    if (reader.scope == scope) {
      context.begin_time(); // Some ask before they begin a capture.
      reader.read(context);
    }
  }
}

/// What became of a namespace that was not read.
void keep_unread(ReadContext& context, const std::string& netns, CaptureStatus status, std::string detail) {
  Capture capture = context.begin(network_namespaces.name(), "netns");
  capture.netns = netns;
  context.keep_missing(std::move(capture), status, std::move(detail));
}

using Coverage = std::map<std::string, std::string, std::less<>>;

void read_other_namespace(ReadContext& context, const KnownNamespace& known, const Coverage& own_coverage,
                          std::int64_t began_ns, const RecordOptions& options, Restraint& restraint) {
  try {
    const std::unique_ptr<System> entered = context.system().enter(known.id);
    ReadContext other(*entered, began_ns, {}, options.all_witnesses);
    other.obey(restraint);
    other.is_entered = true;
    other.tcp_info = options.tcp_info;
    other.own_coverage = own_coverage;
    other.absent_dumps = context.absent_dumps;
    entered->run_inside([&other] { run_readers(other, ReaderScope::each_namespace); });
    context.add_namespace(known.netns, std::move(other));
  } catch (const NamespaceDenied& denial) {
    keep_unread(context, known.netns, CaptureStatus::denied, denial.what());
  } catch (const Error& error) { // It vanished.
    keep_unread(context, known.netns, CaptureStatus::failed, error.what());
  }
}

void read_other_namespaces(ReadContext& context, const RecordOptions& options, std::int64_t began_ns,
                           Restraint& restraint) {
  const NamespaceSelection& selection = options.namespaces;
  Coverage own_coverage;
  for (const Capture& capture : context.captures) {
    own_coverage.emplace(capture.table, capture.coverage);
  }
  const std::vector<KnownNamespace> selected = select_namespaces(context.namespaces, selection);
  for (std::size_t i = 0; i < std::min(selected.size(), selection.most); ++i) {
    if (restraint.is_over()) {
      keep_unread(context, selected[i].netns, CaptureStatus::late, "not read: the snapshot's deadline passed before");
    } else {
      read_other_namespace(context, selected[i], own_coverage, began_ns, options, restraint);
    }
  }
  for (std::size_t i = selection.most; i < selected.size(); ++i) {
    keep_unread(context, selected[i].netns, CaptureStatus::late,
                "not read: --netns-limit is " + std::to_string(selection.most));
  }
  for (const std::string& name : find_missing(context.namespaces, selection)) {
    keep_unread(context, name, CaptureStatus::absent, "no network namespace of this name was to be seen");
  }
}

std::int64_t steady_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::optional<KernelModules> present_modules(const System& system, const SnapshotInfo& info, bool only_these) {
  return only_these ? std::optional(KernelModules::read(system, info.kernel_release)) : std::nullopt;
}

} // namespace

Snapshot record_snapshot(const System& system, const RecordOptions& options) {
  Snapshot snapshot;
  snapshot.info = read_host_info(system, options);
  const std::int64_t began_ns = snapshot.info.clocks.boottime_ns;
  // Nearly all the time goes into the scan and the dumps, both in the kernel: they run side by side.
  Restraint restraint(options.limits, options.clock ? options.clock : steady_ns,
                      present_modules(system, snapshot.info, options.no_modules));
  const std::unique_ptr<System> restrained = restrain(system, restraint);
  ReadContext context(*restrained, began_ns,
                      std::async(std::launch::async, [&system] { return system.socket_owners(); }),
                      options.all_witnesses);
  context.obey(restraint);
  context.tcp_info = options.tcp_info;
  context.namespaces = describe_namespaces(system, snapshot.info.net_namespace);
  run_readers(context, ReaderScope::each_namespace);
  if (options.namespaces.any()) {
    read_other_namespaces(context, options, began_ns, restraint);
  }
  run_readers(context, ReaderScope::host);
  std::ranges::stable_sort(context.tables, {}, [](const Table& table) { return catalog_position(table.spec().name); });
  std::ranges::stable_sort(context.captures, {}, [](const Capture& capture) {
    return std::tuple(catalog_position(capture.table), std::string_view(capture.netns));
  });
  snapshot.tables = std::move(context.tables);
  snapshot.captures = std::move(context.captures);
  snapshot.info.took_ns = system.now().boottime_ns - began_ns;
  return snapshot;
}

} // namespace hindstat
