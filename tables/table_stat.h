// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One number about a table of the kernel. Sources: /proc/net/stat/rt_cache, arp_cache and ndisc_cache, which have
/// 32-bit counters for each CPU, added up here, and are of the whole machine, not of the network namespace;
/// /proc/net/rt6_stats, which has levels of the namespace. What only grows is in `count`, levels are in `level`.
struct TableStatistic {
  std::string netns;
  std::string source;
  std::string name;
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> level;
};

inline constexpr auto table_statistics = define_table<TableStatistic>(
  "table_stat", "Counters of the kernel's routing and neighbour tables.",
  field<&TableStatistic::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&TableStatistic::source>("source", Role::key, "The file: rt_cache, arp_cache, ndisc_cache or rt6_stats."),
  field<&TableStatistic::name>("name", Role::key, "The kernel's name of the number."),
  field<&TableStatistic::count>("count", Role::counter, "Value of a counter, of all CPUs; null for a level.",
                                Unit::count),
  field<&TableStatistic::level>("level", Role::note, "Value of a level, which moves by itself; null for a counter.",
                                Unit::count));

} // namespace hindstat
