// SPDX-License-Identifier: MIT
#include "recorder/recorder.h"

#include <algorithm>
#include <future>

#include "recorder/host_info.h"
#include "recorder/readers.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

std::ptrdiff_t catalog_position(std::string_view table) {
  return std::ranges::find(catalog(), table, &TableSpec::name) - catalog().begin();
}

} // namespace

Snapshot record_snapshot(const System& system, const RecordOptions& options) {
  Snapshot snapshot;
  snapshot.info = read_host_info(system, options);
  const std::int64_t began_ns = snapshot.info.clocks.boottime_ns;
  // Nearly all the time goes into the scan and the dumps, both in the kernel: they run side by side.
  ReadContext context(system, began_ns, std::async(std::launch::async, [&system] { return system.socket_owners(); }),
                      options.all_witnesses);
  for (const Reader& reader : readers()) {
    reader.read(context);
  }
  std::ranges::stable_sort(context.tables, {}, [](const Table& table) { return catalog_position(table.spec().name); });
  std::ranges::stable_sort(context.captures, {},
                           [](const Capture& capture) { return catalog_position(capture.table); });
  snapshot.tables = std::move(context.tables);
  snapshot.captures = std::move(context.captures);
  snapshot.info.took_ns = system.now().boottime_ns - began_ns;
  return snapshot;
}

} // namespace hindstat
