// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "recorder/read_context.h"
#include "tables/table_stat.h"

namespace hindstat {

using TableStatisticRows = TableBuilder<std::remove_const_t<decltype(table_statistics)>>;

/// The lines of /proc/net/stat/NAME, in their order: a heading with names, then a line of numbers for each CPU.
class StatLines {
public:
  /// Rejected: a line with another number of fields than the heading, or fields that are no hexadecimal numbers.
  [[nodiscard]] Verdict add(std::string_view line);
  /// One row a name: the first name, `entries`, is a level, the same on each line; the others are added up.
  void add_to(TableStatisticRows& rows, std::string_view source) const;

private:
  std::vector<std::string> names_;
  std::vector<std::uint64_t> sums_;
};

/// Adds the numbers of /proc/net/rt6_stats, one line; those after the seventh, of newer kernels, have no names yet.
[[nodiscard]] Verdict add_rt6_stats_line(TableStatisticRows& rows, std::string_view line);

/// Table table_stat, of four files; a namespace other than the first has no arp_cache and ndisc_cache.
void read_table_statistics(ReadContext& context);

} // namespace hindstat
