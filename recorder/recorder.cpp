// SPDX-License-Identifier: MIT
#include "recorder/recorder.h"

#include <algorithm>
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

void read_other_namespace(ReadContext& context, const KnownNamespace& known, std::int64_t began_ns,
                          const RecordOptions& options) {
  try {
    const std::unique_ptr<System> entered = context.system().enter(known.id);
    ReadContext other(*entered, began_ns, {}, options.all_witnesses);
    other.is_entered = true;
    other.tcp_info = options.tcp_info;
    other.absent_dumps = context.absent_dumps;
    run_readers(other, ReaderScope::each_namespace);
    context.add_namespace(known.netns, std::move(other));
  } catch (const Error& error) { // It vanished, or may not be entered.
    keep_unread(context, known.netns, CaptureStatus::failed, error.what());
  }
}

void read_other_namespaces(ReadContext& context, const RecordOptions& options, std::int64_t began_ns) {
  const NamespaceSelection& selection = options.namespaces;
  const std::vector<KnownNamespace> selected = select_namespaces(context.namespaces, selection);
  for (std::size_t i = 0; i < std::min(selected.size(), selection.most); ++i) {
    read_other_namespace(context, selected[i], began_ns, options);
  }
  for (std::size_t i = selection.most; i < selected.size(); ++i) {
    keep_unread(context, selected[i].netns, CaptureStatus::late,
                "not read: --netns-limit is " + std::to_string(selection.most));
  }
  for (const std::string& name : find_missing(context.namespaces, selection)) {
    keep_unread(context, name, CaptureStatus::absent, "no network namespace of this name was to be seen");
  }
}

} // namespace

Snapshot record_snapshot(const System& system, const RecordOptions& options) {
  Snapshot snapshot;
  snapshot.info = read_host_info(system, options);
  const std::int64_t began_ns = snapshot.info.clocks.boottime_ns;
  // Nearly all the time goes into the scan and the dumps, both in the kernel: they run side by side.
  ReadContext context(system, began_ns, std::async(std::launch::async, [&system] { return system.socket_owners(); }),
                      options.all_witnesses);
  context.tcp_info = options.tcp_info;
  context.namespaces = describe_namespaces(system, snapshot.info.net_namespace);
  run_readers(context, ReaderScope::each_namespace);
  if (options.namespaces.any()) {
    read_other_namespaces(context, options, began_ns);
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
