// SPDX-License-Identifier: MIT
#include "recorder/readers/proc_net_stat.h"

#include <catch2/catch.hpp>

#include <map>

#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::map<std::string, TableStatistic> by_name(const Table& table) {
  std::map<std::string, TableStatistic> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const TableStatistic row = table_statistics.row(table, i);
    rows.emplace(row.source + "." + row.name, row);
  }
  return rows;
}

} // namespace

TEST_CASE("counters of each CPU are added up, and entries is one level", "[recorder]") {
  FakeSystem system;
  // The padding differs from kernel to kernel: that of 6.8 and later, and that of earlier ones.
  system.files["/proc/net/stat/rt_cache"] = {0, "entries  in_hit   in_slow_tot\n"
                                                "00000007 00000000 ffffffff   \n"
                                                "00000007 00000001 00000002   \n"};
  system.files["/proc/net/stat/arp_cache"] = {0, "entries  allocs destroys\n00000002  0000022b 00000225\n"};
  system.files["/proc/net/rt6_stats"] = {0, "0009 0006 000e 0007 0000 0003 0001\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("table_stat");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage == "rt_cache=proc arp_cache=proc ndisc_cache=absent rt6_stats=proc");
  const auto rows = by_name(*snapshot.find_table("table_stat"));
  CHECK(rows.size() == 3 + 3 + 7);
  CHECK(rows.at("rt_cache.entries").level == 7U);
  CHECK_FALSE(rows.at("rt_cache.entries").count);
  CHECK(rows.at("rt_cache.in_hit").count == 1U);
  CHECK(rows.at("rt_cache.in_slow_tot").count == 0x1'0000'0001U); // More than one CPU's 32 bits.
  CHECK(rows.at("arp_cache.allocs").count == 0x22bU);
  CHECK(rows.at("rt6_stats.fib_nodes").level == 9U);
  CHECK(rows.at("rt6_stats.dst_entries").level == 3U);
}

TEST_CASE("lines of statistics that do not fit their heading are refused", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/stat/rt_cache"] = {0, "entries in_hit\n00000007\n00000007 xyz\n00000007 00000001 00000002\n"};
  system.files["/proc/net/rt6_stats"] = {0, "0009 0006\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("table_stat")->status == CaptureStatus::partial);
  CHECK(snapshot.find_capture("table_stat")->rejected == 4);
}
