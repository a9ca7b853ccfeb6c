// SPDX-License-Identifier: MIT
//
// /proc/net/stat/rt_cache (net/ipv4/route.c rt_cpu_seq_show), arp_cache and ndisc_cache (net/core/neighbour.c
// neigh_stat_seq_show): hexadecimal, a line for each CPU, padded differently from kernel to kernel:
//   entries  in_hit   in_slow_tot in_slow_mc ...
//   00000007 00000000 0000028d    00000000 ...
// /proc/net/rt6_stats (net/ipv6/route.c rt6_stats_seq_show): "%04x %04x %04x %04x %04x %04x %04x\n", nodes, nodes with
// routes, allocated routes, routes, cached routes, dst entries, discarded routes.
#include "recorder/readers/proc_net_stat.h"

#include <array>

#include "recorder/readers/table_parts.h"
#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::string_view level_name = "entries";
constexpr std::array<std::string_view, 7> rt6_names = {"fib_nodes",           "fib_route_nodes", "fib_rt_alloc",
                                                       "fib_rt_entries",      "fib_rt_cache",    "dst_entries",
                                                       "fib_discarded_routes"};

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  Fields fields(line);
  for (std::string_view word = fields.next(); !word.empty(); word = fields.next()) {
    words.push_back(word);
  }
  return words;
}

std::optional<std::vector<std::uint64_t>> hex_numbers(std::string_view line) {
  std::vector<std::uint64_t> numbers;
  for (const std::string_view word : words_of(line)) {
    const auto number = parse_number<std::uint64_t>(word, 16);
    if (!number) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

PartRead read_per_cpu(ReadContext& context, std::string_view name, TableStatisticRows& rows, Capture& capture) {
  const FileRead file = context.system().read_file(("/proc/net/stat/" + std::string(name)).c_str());
  StatLines lines;
  read_lines(file.bytes, capture, [&lines](std::string_view line) { return lines.add(line); });
  lines.add_to(rows, name);
  return {file.error};
}

PartRead read_rt6(ReadContext& context, TableStatisticRows& rows, Capture& capture) {
  const FileRead file = context.system().read_file("/proc/net/rt6_stats");
  read_lines(file.bytes, capture, [&rows](std::string_view line) { return add_rt6_stats_line(rows, line); });
  return {file.error};
}

} // namespace

Verdict StatLines::add(std::string_view line) {
  if (names_.empty()) {
    for (const std::string_view word : words_of(line)) {
      names_.emplace_back(word);
    }
    sums_.resize(names_.size());
    return Verdict::heading;
  }
  const auto numbers = hex_numbers(line);
  if (!numbers || numbers->size() != names_.size()) {
    return Verdict::rejected;
  }
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    sums_[i] = names_[i] == level_name ? (*numbers)[i] : sums_[i] + (*numbers)[i];
  }
  return Verdict::kept;
}

void StatLines::add_to(TableStatisticRows& rows, std::string_view source) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    TableStatistic row;
    row.source = source;
    row.name = names_[i];
    (row.name == level_name ? row.level : row.count) = sums_[i];
    rows.add(row);
  }
}

Verdict add_rt6_stats_line(TableStatisticRows& rows, std::string_view line) {
  const auto numbers = hex_numbers(line);
  if (!numbers || numbers->size() < rt6_names.size()) {
    return Verdict::rejected;
  }
  for (std::size_t i = 0; i < rt6_names.size(); ++i) {
    TableStatistic row;
    row.source = "rt6_stats";
    row.name = rt6_names[i];
    row.level = (*numbers)[i];
    rows.add(row);
  }
  return Verdict::kept;
}

void read_table_statistics(ReadContext& context) {
  TableParts table(context, table_statistics.name(), TableStatisticRows(table_statistics));
  for (const std::string_view name : {"rt_cache", "arp_cache", "ndisc_cache"}) {
    table.read(name, {{"proc", std::bind_front(read_per_cpu, std::ref(context), name)}});
  }
  table.read("rt6_stats", {{"proc", std::bind_front(read_rt6, std::ref(context))}});
  std::move(table).keep("/proc/net/stat does not answer");
}

} // namespace hindstat
