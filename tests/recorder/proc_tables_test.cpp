// SPDX-License-Identifier: MIT
// The tables that are read from files of /proc/net alone.
#include <catch2/catch.hpp>

#include <map>

#include "recorder/readers/proc_net_igmp.h"
#include "recorder/readers/proc_net_snmp.h"
#include "recorder/readers/proc_net_sockstat.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const std::string tcp_names = "Tcp: RtoAlgorithm RtoMin MaxConn ActiveOpens CurrEstab InSegs";
const std::string tcp_values = "Tcp: 1 200 -1 12 3 18446744073709551615";
const std::string igmp = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
                         "1\tlo        :     1      V3\n"
                         "\t\t\t\t010000E0     1 0:00000000\t\t0\n"
                         "12\tabcdefghijklmno:     2      V2\n"
                         "\t\t\t\t0100004F     1 0:00000000\t\t0\n"
                         "\t\t\t\t6A0000E0     3 1:00000064\t\t1\n";
const std::string igmp6_line = "2    eth0            ff0200000000000000000001ff000001     2 00000005 50";

std::map<std::string, ProtocolCounter> counters_of(const Table& table) {
  std::map<std::string, ProtocolCounter> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const ProtocolCounter row = protocol_counters.row(table, i);
    rows.emplace(row.group + "." + row.name, row);
  }
  return rows;
}

std::vector<MulticastGroup> groups_of(const Table& table) {
  std::vector<MulticastGroup> rows;
  for (std::size_t i = 0; i < table.size(); ++i) {
    rows.push_back(multicast_groups.row(table, i));
  }
  return rows;
}

struct Counted {
  Verdict verdict;
  std::size_t rows;
};

Counted count_group(std::string_view names, std::string_view values) {
  CounterRows rows(protocol_counters);
  const Verdict verdict = add_counter_group(rows, names, values);
  return {verdict, rows.size()};
}

} // namespace

TEST_CASE("levels and counters of a group are told apart by name", "[recorder]") {
  CounterRows rows(protocol_counters);
  REQUIRE(add_counter_group(rows, tcp_names, tcp_values) == Verdict::kept);
  const auto counters = counters_of(std::move(rows).build());
  CHECK(counters.size() == 6);
  CHECK(counters.at("Tcp.MaxConn").level == -1);
  CHECK_FALSE(counters.at("Tcp.MaxConn").count);
  CHECK(counters.at("Tcp.CurrEstab").level == 3);
  CHECK(counters.at("Tcp.ActiveOpens").count == 12U);
  CHECK_FALSE(counters.at("Tcp.ActiveOpens").level);
  CHECK(counters.at("Tcp.InSegs").count == 18446744073709551615U);
  CHECK(is_level("Ip", "DefaultTTL"));
  CHECK(is_level("MPTcpExt", "MPCurrEstab"));
  CHECK_FALSE(is_level("TcpExt", "MPCurrEstab"));
}

TEST_CASE("a group with more or fewer values than names is refused as a whole", "[recorder]") {
  for (const char* values : {"Tcp: 1 200 -1 12 3", "Tcp: 1 200 -1 12 3 4 5", "Tcp:", "Tcp: 1 200 -1 -12 3 4",
                             "Tcp: 1 200 -1 x 3 4", "Udp: 1 200 -1 12 3 4", "Tcp 1 200 -1 12 3 4", ""}) {
    CAPTURE(values);
    const auto [verdict, rows] = count_group(tcp_names, values);
    CHECK(verdict == Verdict::rejected);
    CHECK(rows == 0);
  }
  CHECK(count_group("", "").verdict == Verdict::rejected);
  CHECK(count_group("no group: 1", "no group: 1").verdict == Verdict::rejected);
  // Only the last number can be cut and stay one.
  const std::size_t last = tcp_values.rfind(' ') + 1;
  for (std::size_t size = 0; size <= last; ++size) {
    CHECK(count_group(tcp_names, tcp_values.substr(0, size)).verdict == Verdict::rejected);
  }
}

TEST_CASE("counters of snmp6 have the group of their prefix", "[recorder]") {
  CounterRows rows(protocol_counters);
  for (const char* line :
       {"Ip6InReceives                   \t8", "Icmp6OutType143 \t2", "Udp6InDatagrams \t0", "UdpLite6InErrors\t1"}) {
    CHECK(add_counter6(rows, line) == Verdict::kept);
  }
  for (const char* line : {"", "Ip6", "Ip6InReceives", "Ip6InReceives x", "Ip6InReceives -1", "Ip6InReceives 1 2",
                           "Ip6 5", "ifIndex 3", "Tcp6InSegs 4"}) {
    CAPTURE(line);
    CHECK(add_counter6(rows, line) == Verdict::rejected);
  }
  const auto counters = counters_of(std::move(rows).build());
  CHECK(counters.size() == 4);
  CHECK(counters.at("Ip6.InReceives").count == 8U);
  CHECK(counters.at("Icmp6.OutType143").count == 2U);
  CHECK(counters.at("UdpLite6.InErrors").count == 1U);
}

TEST_CASE("a group without its values is named and does not take those of the next", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/snmp"] = {0, "Ip: Forwarding InReceives\n" + tcp_names + "\n" + tcp_values + "\n"};
  system.files["/proc/net/netstat"] = {0, "IpExt: InOctets\nIpExt: 77\nTcpExt: A B\nTcpExt: 1\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("protocol_counter");
  CHECK(capture.coverage == "snmp=proc netstat=proc snmp6=absent");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.rejected == 2);
  CHECK(capture.example == "Ip");
  CHECK(counters_of(*snapshot.find_table("protocol_counter")).size() == 7);
}

TEST_CASE("a forbidden file of counters makes the table partial, an absent one does not", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/snmp"] = {0, tcp_names + "\n" + tcp_values + "\n"};
  CHECK(record_snapshot(system, {}).find_capture("protocol_counter")->status == CaptureStatus::complete);
  system.files["/proc/net/snmp6"] = {EACCES, ""};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("protocol_counter")->status == CaptureStatus::partial);
  CHECK(snapshot.find_capture("protocol_counter")->coverage == "snmp=proc netstat=absent snmp6=denied");
  system.files.erase("/proc/net/snmp");
  CHECK(record_snapshot(system, {}).find_table("protocol_counter") == nullptr);
}

TEST_CASE("socket statistics are read by protocol and name", "[recorder]") {
  StatisticRows rows(socket_statistics);
  CHECK(add_socket_statistics(rows, "TCP: inuse 1 orphan 148 tw 0 alloc 4404 mem 187") == Verdict::kept);
  CHECK(add_socket_statistics(rows, "FRAG6: inuse 0 memory 0") == Verdict::kept);
  const std::size_t size = rows.size();
  CHECK(size == 7);
  for (const char* line : {"", ":", "TCP:", "TCP", "TCP inuse 1", "TCP: inuse", "TCP: inuse 1 orphan", "TCP: inuse -1",
                           "TCP: inuse x", "TCP:x: inuse 1", "TCP:inuse 1"}) {
    CAPTURE(line);
    CHECK(add_socket_statistics(rows, line) == Verdict::rejected);
  }
  CHECK(rows.size() == size);
  const Table table = std::move(rows).build();
  const SocketStatistic alloc = socket_statistics.row(table, 3);
  CHECK(alloc.protocol == "TCP");
  CHECK(alloc.name == "alloc");
  CHECK(alloc.value == 4404);
}

TEST_CASE("IPv4 groups are those of the interface above them", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/igmp"] = {0, igmp};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("multicast_group");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage == "igmp=proc igmp6=absent");
  CHECK(capture.skipped == 0);
  const auto groups = groups_of(*snapshot.find_table("multicast_group"));
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].interface == "lo");
  CHECK(format_ip_address(groups[0].group) == "224.0.0.1");
  CHECK(groups[0].users == 1U);
  CHECK_FALSE(groups[0].report_expires);
  CHECK(groups[1].interface == "abcdefghijklmno");
  CHECK(format_ip_address(groups[1].group) == "79.0.0.1");
  CHECK(format_ip_address(groups[2].group) == "224.0.0.106");
  CHECK(groups[2].report_expires == 5'000'000U + 1000U); // 100 ticks
}

TEST_CASE("an IPv6 group's report is pending when its flag says so", "[recorder]") {
  MulticastRows rows(multicast_groups);
  CHECK(add_igmp6_line(rows, igmp6_line, 1000) == Verdict::kept);
  std::string line = igmp6_line;
  line.replace(line.find("00000005"), 8, "00000004");
  CHECK(add_igmp6_line(rows, line, 1000) == Verdict::kept);
  CHECK(add_igmp6_line(rows, igmp6_line.substr(0, igmp6_line.size() - 2) + "-7", 1000) == Verdict::kept);
  CHECK(add_igmp6_line(rows, igmp6_line + "0000000000000", 1000) == Verdict::kept);
  const auto groups = groups_of(std::move(rows).build());
  CHECK(groups[0].interface == "eth0");
  CHECK(format_ip_address(groups[0].group) == "ff02::1:ff00:1");
  CHECK(groups[0].users == 2U);
  CHECK(groups[0].report_expires == 1500U);
  CHECK_FALSE(groups[1].report_expires);
  CHECK_FALSE(groups[2].report_expires);
  CHECK_FALSE(groups[3].report_expires);
}

TEST_CASE("lines that are no groups are refused, and those below them too", "[recorder]") {
  MulticastRows rows(multicast_groups);
  IgmpLines lines(0);
  const std::string group = "\t\t\t\t010000E0     1 0:00000000\t\t0";
  CHECK(lines.add(rows, group) == Verdict::rejected);
  CHECK(lines.add(rows, "1\tlo        :     1      V3") == Verdict::heading);
  CHECK(lines.add(rows, group) == Verdict::kept);
  for (const char* line : {"", "x", "1", "1\tlo", "x\tlo  : 1 V3", "1\ta b : 1 V3", "1\t: 1 V3", "1 lo : 1 V3"}) {
    CAPTURE(line);
    CHECK(lines.add(rows, line) == Verdict::rejected);
    CHECK(lines.add(rows, group) == Verdict::rejected);
  }
  CHECK(lines.add(rows, "1\tlo        :     1      V3") == Verdict::heading);
  for (const char* line : {"\t", "\t\t\t\t10000E0 1 0:0 0", "\t\t\t\t010000E0 x 0:0 0", "\t\t\t\t010000E0 1 0 0",
                           "\t\t\t\t010000E0 1 0:xyz 0"}) {
    CAPTURE(line);
    CHECK(lines.add(rows, line) == Verdict::rejected);
  }
  for (std::size_t size = 0; size + 3 < igmp6_line.size(); ++size) {
    CHECK(add_igmp6_line(rows, igmp6_line.substr(0, size), 0) == Verdict::rejected);
  }
  CHECK(rows.size() == 1);
}
