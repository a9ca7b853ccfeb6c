// SPDX-License-Identifier: MIT
#include "recorder/readers/proc_net_mcfilter.h"

#include <catch2/catch.hpp>

#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const InterfaceNames names = {0, {{4, "long-name0"}}};

template <typename Definition, typename Add>
std::vector<typename Definition::Row> collect(const Definition& definition, Verdict expected, Add&& add) {
  TableBuilder<Definition> rows(definition);
  CHECK(add(rows) == expected);
  const Table table = std::move(rows).build();
  std::vector<typename Definition::Row> found;
  for (std::size_t i = 0; i < table.size(); ++i) {
    found.push_back(definition.row(table, i));
  }
  return found;
}

auto filter(std::string_view line, Verdict expected) {
  return collect(multicast_sources, expected, [&](auto& rows) { return add_mcfilter_line(rows, line, names); });
}

auto link(std::string_view line, Verdict expected) {
  return collect(link_groups, expected, [&](auto& rows) { return add_dev_mcast_line(rows, line); });
}

} // namespace

TEST_CASE("a source filter has its whole interface name, group and source", "[recorder]") {
  filter("Idx Device        MCA        SRC    INC    EXC", Verdict::heading);
  const auto v4 = filter("  4 long-n 0xe84d0001 0x0a4d0202      1      2", Verdict::kept);
  REQUIRE(v4.size() == 1);
  CHECK(v4[0].interface == "long-name0");
  CHECK(format_ip_address(v4[0].group) == "232.77.0.1");
  CHECK(format_ip_address(v4[0].source) == "10.77.2.2");
  CHECK(v4[0].including == 1);
  CHECK(v4[0].excluding == 2);
  const auto v6 =
    filter("  9     g1 ff3e0000000000000000000000000001 fd770002000000000000000000000002      1      0", Verdict::kept);
  CHECK(v6.at(0).interface == "g1"); // It came after the names were read.
  CHECK(format_ip_address(v6.at(0).group) == "ff3e::1");
  for (const char* bad : {"", "  4 g1 0xe84d0001 0x0a4d0202 1", "  4 g1 0xe84d0001 0x0a4d02 1 0", "x g1 0x1 0x2 1 0",
                          "  4 g1 0xe84d0001 fd770002000000000000000000000002 1 0"}) {
    filter(bad, Verdict::rejected);
  }
}

TEST_CASE("a link-layer group has its address and users", "[recorder]") {
  const auto rows = link("4    g1              2     1     01005e4d0001", Verdict::kept);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].interface == "g1");
  CHECK(rows[0].address == "01:00:5e:4d:00:01");
  CHECK(rows[0].users == 2);
  CHECK(rows[0].added_by_hand == 1);
  for (const char* bad : {"", "4 g1 2 1", "4 g1 2 1 01005e4d000", "4 g1 2 1 01005e4d000x", "4 g1 x 1 01005e4d0001"}) {
    link(bad, Verdict::rejected);
  }
}

TEST_CASE("source filters and link-layer groups are recorded where the kernel tells them", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/mcfilter"] = {0, "Idx Device        MCA        SRC    INC    EXC\n"
                                           "  4     g1 0xe84d0001 0x0a4d0202      1      0\n"};
  system.files["/proc/net/dev_mcast"] = {0, "4    g1              1     0     333300000001\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("multicast_source")->coverage == "mcfilter=proc mcfilter6=absent");
  CHECK(snapshot.find_table("multicast_source")->size() == 1);
  CHECK(snapshot.find_table("link_group")->size() == 1);
  system.files["/proc/net/dev_mcast"] = {EACCES, ""};
  CHECK(record_snapshot(system, {}).find_capture("link_group")->status == CaptureStatus::denied);
}
