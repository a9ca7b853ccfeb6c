// SPDX-License-Identifier: MIT
#include "diff/tcp_counters.h"

#include <algorithm>

#include "tables/protocol_counter.h"

namespace hindstat {

namespace {

using Counts = std::map<std::string_view, std::uint64_t>;

Counts read_counters(const Snapshot& snapshot, std::string_view netns, std::span<const CounterName> wanted) {
  Counts counts;
  const Capture* capture = snapshot.find_capture(protocol_counters.name(), netns);
  const Table* table = snapshot.find_table(protocol_counters.name());
  if (capture == nullptr || !was_collected(capture->status) || table == nullptr) {
    return counts;
  }
  const Column& spaces = protocol_counters.column<&ProtocolCounter::netns>(*table);
  const Column& groups = protocol_counters.column<&ProtocolCounter::group>(*table);
  const Column& names = protocol_counters.column<&ProtocolCounter::name>(*table);
  for (std::uint32_t row = 0; row < table->size(); ++row) {
    const auto is_it = [&](const CounterName& one) {
      return names.bytes(row) == one.name && groups.bytes(row) == one.group;
    };
    const auto found = std::ranges::find_if(wanted, is_it);
    if (found == wanted.end() || spaces.bytes(row) != netns) {
      continue;
    }
    if (const auto count = protocol_counters.row(*table, row).count) {
      counts.try_emplace(found->name, *count);
    }
  }
  return counts;
}

} // namespace

std::map<std::string_view, std::uint64_t> growth_of_counters(const Snapshot& before, const Snapshot& after,
                                                             std::string_view netns,
                                                             std::span<const CounterName> names) {
  Counts growth;
  const Counts a = read_counters(before, netns, names);
  const Counts b = read_counters(after, netns, names);
  for (const auto& [name, count] : b) {
    if (const auto it = a.find(name); it != a.end() && it->second <= count) {
      growth.emplace(name, count - it->second);
    }
  }
  return growth;
}

} // namespace hindstat
