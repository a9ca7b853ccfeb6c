// SPDX-License-Identifier: MIT
#include "tables/snapshot.h"

#include <algorithm>

namespace hindstat {

const Table* Snapshot::find_table(std::string_view name) const {
  const auto it = std::ranges::find_if(tables, [&](const Table& table) { return table.spec().name == name; });
  return it == tables.end() ? nullptr : &*it;
}

const Capture* Snapshot::find_capture(std::string_view table, std::string_view netns) const {
  const auto it = std::ranges::find_if(
    captures, [&](const Capture& capture) { return capture.table == table && capture.netns == netns; });
  return it == captures.end() ? nullptr : &*it;
}

} // namespace hindstat
