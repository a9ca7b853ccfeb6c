// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One number of connection tracking; counters are summed over the CPUs, each of which counts in 32 bits. Levels:
/// entries and max (/proc/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max). Sources of the counters:
/// /proc/net/stat/nf_conntrack, else ctnetlink (IPCTNL_MSG_CT_GET_STATS_CPU), which tells fewer of them.
struct ConntrackStatistic {
  std::string netns;
  std::string name;
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> level;
};

inline constexpr auto conntrack_statistics = define_table<ConntrackStatistic>(
  "conntrack_stat", "Counters and limits of connection tracking.",
  field<&ConntrackStatistic::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&ConntrackStatistic::name>("name", Role::key,
                                   "Name of a counter as ctnetlink has it (insert_failed, drop, early_drop, invalid), "
                                   "or entries or max."),
  field<&ConntrackStatistic::count>("count", Role::counter, "Value of a counter over all CPUs; null for a level.",
                                    Unit::count),
  field<&ConntrackStatistic::level>("level", Role::gauge, "Flows tracked now, and how many there may be.",
                                    Unit::count));

} // namespace hindstat
