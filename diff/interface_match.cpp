// SPDX-License-Identifier: MIT
#include "diff/interface_match.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tables/interface.h"

namespace hindstat {

namespace {

using Rows = std::vector<std::uint32_t>;
using DeviceRows = std::map<std::pair<std::string, std::uint32_t>, Rows>; // By namespace and index.

DeviceRows by_index(const Table& table, const Rows& rows) {
  DeviceRows devices;
  for (const std::uint32_t row : rows) {
    const Interface interface = interfaces.row(table, row);
    if (interface.ifindex != 0) {
      devices[{interface.netns, interface.ifindex}].push_back(row);
    }
  }
  return devices;
}

// A device never changes its kind: then the index was given to another one.
bool may_be_one_device(const Interface& before, const Interface& after) {
  return !before.kind || !after.kind || before.kind == after.kind;
}

} // namespace

InterfaceMatch match_interfaces(const ComparedTable& table, bool same_boot) {
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  RowMatch rows = match_rows(table, same_boot);
  InterfaceMatch match;
  match.stayed = std::move(rows.changed);
  Rows loose_before = rows.removed;
  Rows loose_after = rows.added;
  for (const RowPair& pair : rows.replaced) {
    loose_before.push_back(pair.before);
    loose_after.push_back(pair.after);
  }
  std::set<std::uint32_t> taken_before;
  std::set<std::uint32_t> taken_after;
  if (same_boot) {
    const DeviceRows devices_after = by_index(after, loose_after);
    for (const auto& [device, found] : by_index(before, loose_before)) {
      const auto other = devices_after.find(device);
      const bool single = found.size() == 1 && other != devices_after.end() && other->second.size() == 1;
      if (single
          && may_be_one_device(interfaces.row(before, found.front()), interfaces.row(after, other->second.front()))) {
        match.stayed.push_back({found.front(), other->second.front()});
        taken_before.insert(found.front());
        taken_after.insert(other->second.front());
      }
    }
  }
  for (const RowPair& pair : rows.replaced) {
    if (!taken_before.contains(pair.before) && !taken_after.contains(pair.after)) {
      match.recreated.push_back(pair);
      taken_before.insert(pair.before);
      taken_after.insert(pair.after);
    }
  }
  std::ranges::copy_if(loose_before, std::back_inserter(match.removed),
                       [&](std::uint32_t row) { return !taken_before.contains(row); });
  std::ranges::copy_if(loose_after, std::back_inserter(match.added),
                       [&](std::uint32_t row) { return !taken_after.contains(row); });
  return match;
}

} // namespace hindstat
