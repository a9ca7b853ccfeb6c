// SPDX-License-Identifier: MIT
#include "tables/snapshot.h"

#include <algorithm>
#include <set>

#include "tables/catalog.h"
#include "tables/network_namespace.h"
#include "tables/socket_owner.h"

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

namespace {

// Read once for all namespaces, although their rows belong to one each.
bool is_read_once(std::string_view table) {
  const TableSpec* spec = find_table_spec(table);
  return table == network_namespaces.name() || table == socket_owners.name()
         || (spec != nullptr && !spec->find_column("netns"));
}

// Whether all texts of the column are wanted, which is the usual case and needs no look at the rows.
template <typename Predicate>
bool holds_only(const Column& column, const Predicate& is_wanted) {
  for (std::uint32_t id = 0; id < column.dictionary().size(); ++id) {
    if (!is_wanted(column.dictionary().at(id))) {
      return false;
    }
  }
  return true;
}

} // namespace

Snapshot only_namespaces(Snapshot snapshot, std::span<const std::string> namespaces) {
  const auto is_wanted = [&](std::string_view netns) {
    return std::ranges::find(namespaces, netns) != namespaces.end();
  };
  std::erase_if(snapshot.captures, [&](const Capture& capture) {
    return !is_wanted(capture.netns) && !(capture.netns.empty() && is_read_once(capture.table));
  });
  for (Table& table : snapshot.tables) {
    const Column* netns = table.find_column("netns");
    if (netns == nullptr || table.spec().name == network_namespaces.name() || holds_only(*netns, is_wanted)) {
      continue;
    }
    std::vector<std::uint32_t> kept;
    for (std::uint32_t row = 0; row < table.size(); ++row) {
      if (is_wanted(netns->bytes(row))) {
        kept.push_back(row);
      }
    }
    if (kept.size() != table.size()) {
      table = table.select(kept);
    }
  }
  std::erase_if(snapshot.tables, [&](const Table& table) {
    return std::ranges::none_of(snapshot.captures,
                                [&](const Capture& capture) { return capture.table == table.spec().name; });
  });
  return snapshot;
}

std::vector<std::string> recorded_namespaces(const Snapshot& snapshot) {
  std::set<std::string> names;
  for (const Capture& capture : snapshot.captures) {
    names.insert(capture.netns);
  }
  return {names.begin(), names.end()};
}

} // namespace hindstat
