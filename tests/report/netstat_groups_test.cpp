// SPDX-License-Identifier: MIT
#include "report/netstat_groups.h"

#include <catch2/catch.hpp>

#include "tables/multicast_group.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

MulticastGroup group(const char* interface, const char* address, std::optional<std::uint32_t> users) {
  MulticastGroup made;
  made.interface = interface;
  made.group = parse_ip_address(address).value();
  made.users = users;
  return made;
}

Snapshot lab_snapshot() {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, multicast_groups,
            {group("lo", "ff02::1", 1), group("c0", "ff02::1:ff00:2", 2), group("c0", "239.77.0.1", 2),
             group("c0", "224.0.0.1", 1), group("lo", "224.0.0.1", std::nullopt)});
  return snapshot;
}

} // namespace

TEST_CASE("multicast groups are printed as netstat -gn prints them", "[report]") {
  CHECK(format_groups(lab_snapshot(), GroupView{})
        == "IPv6/IPv4 Group Memberships\n"
           "Interface       RefCnt Group\n"
           "--------------- ------ ---------------------\n"
           "c0              1      224.0.0.1\n"
           "c0              2      239.77.0.1\n"
           "lo              -      224.0.0.1\n"
           "c0              2      ff02::1:ff00:2\n"
           "lo              1      ff02::1\n");
}

TEST_CASE("multicast groups are selected by family", "[report]") {
  const Snapshot snapshot = lab_snapshot();
  const Table& table = *snapshot.find_table(multicast_groups.name());
  CHECK(select_groups(table, GroupView{}).size() == 5);
  CHECK(select_groups(table, GroupView{.ipv4 = true}) == std::vector<std::uint32_t>{3, 2, 4});
  CHECK(select_groups(table, GroupView{.ipv6 = true}) == std::vector<std::uint32_t>{1, 0});
}

TEST_CASE("multicast groups that were not collected say so", "[report]") {
  Snapshot snapshot = empty_snapshot();
  snapshot.captures.push_back(made_capture("multicast_group", CaptureStatus::absent, "no /proc/net/igmp"));
  CHECK(format_groups(snapshot, GroupView{}) == "multicast_group: not collected: absent: no /proc/net/igmp\n");
}

} // namespace hindstat
