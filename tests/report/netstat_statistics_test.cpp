// SPDX-License-Identifier: MIT
// The expected lines are those of net-tools 2.10 (`netstat -s`, `netstat -s -6`) for counters that were really there.
#include "report/netstat_statistics.h"

#include <catch2/catch.hpp>
#include <string>

#include "tables/protocol_counter.h"
#include "tests/report/made_snapshot.h"

namespace hindstat {

namespace {

ProtocolCounter counter(const char* group, const char* name, std::uint64_t count) {
  ProtocolCounter made;
  made.group = group;
  made.name = name;
  made.count = count;
  return made;
}

ProtocolCounter level(const char* group, const char* name, std::int64_t value) {
  ProtocolCounter made;
  made.group = group;
  made.name = name;
  made.level = value;
  return made;
}

// In no order: a table has none.
Snapshot lab_snapshot() {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, protocol_counters,
            {counter("TcpExt", "TCPTimeouts", 36),   counter("TcpExt", "TCPHPHits", 0),
             counter("TcpExt", "TCPBrandNew", 3),    counter("TcpExt", "TCPBrandNewZero", 0),
             counter("TcpExt", "DelayedACKLost", 8), counter("IcmpMsg", "InType11", 1),
             counter("IcmpMsg", "InType3", 8),       counter("Icmp", "OutMsgs", 1),
             counter("Icmp", "InMsgs", 10),          counter("Icmp", "InDestUnreachs", 8),
             counter("Icmp", "OutEchos", 1),         level("Tcp", "MaxConn", -1),
             level("Tcp", "CurrEstab", 14),          counter("Tcp", "ActiveOpens", 31),
             counter("Ip", "InReceives", 57),        level("Ip", "Forwarding", 2),
             level("Ip", "DefaultTTL", 64),          counter("Ip", "ForwDatagrams", 0),
             counter("Ip6", "InReceives", 47),       counter("Ip6", "InOctets", 5266),
             counter("Icmp6", "OutMLDv2Reports", 7), counter("Icmp6", "InType1", 5),
             counter("Udp", "InDatagrams", 0),       counter("NewExt", "Thing", 1)});
  return snapshot;
}

std::string shown(const StatisticsView& view) {
  return format_statistics(lab_snapshot(), view);
}

const char* const tcp_text = "Tcp:\n"
                             "    31 active connection openings\n"
                             "    14 connections established\n";

} // namespace

TEST_CASE("statistics are printed as netstat -s prints them", "[report]") {
  CHECK(shown(StatisticsView{})
        == std::string("Ip:\n"
                       "    Forwarding: 2\n"
                       "    57 total packets received\n"
                       "    0 forwarded\n"
                       "Icmp:\n"
                       "    10 ICMP messages received\n"
                       "    ICMP input histogram:\n"
                       "        destination unreachable: 8\n"
                       "    1 ICMP messages sent\n"
                       "    ICMP output histogram:\n"
                       "        echo requests: 1\n"
                       "IcmpMsg:\n"
                       "        InType3: 8\n"
                       "        InType11: 1\n")
             + tcp_text
             + "Udp:\n"
               "    0 packets received\n"
               "TcpExt:\n"
               "    Quick ack mode was activated 8 times\n"
               "    0 packet headers predicted\n"
               "    TCPTimeouts: 36\n"
               "    TCPBrandNew: 3\n"
               "NewExt:\n"
               "    Thing: 1\n");
}

TEST_CASE("netstat -s -6 shows the groups of IPv6 and Tcp, whose names have the group in front", "[report]") {
  const std::string text = shown(StatisticsView{.ipv6 = true});
  CHECK(text.find("Ip6:\n    47 total packets received\n    Ip6InOctets: 5266\nIcmp6:\n") != std::string::npos);
  CHECK(text.find("        ICMP output histogram:\n        Icmp6OutMLDv2Reports: 7\n        Icmp6InType1: 5\n")
        != std::string::npos);
  CHECK(text.find("Tcp:\n    31 active") > text.find("Icmp6:\n")); // As netstat has it.
  CHECK(text.find("Tcp:\n    31 active") != std::string::npos);
  CHECK(text.find("Udp:") == std::string::npos);
  CHECK(text.find("TcpExt:") == std::string::npos);
}

TEST_CASE("options -t, -u and -w select the groups that netstat selects", "[report]") {
  const std::string tcp = shown(StatisticsView{.tcp = true});
  CHECK(tcp.find("IcmpMsg:\n    InType3: 8\n    InType11: 1\nTcp:\n") == 0);
  CHECK(tcp.find("TcpExt:\n") != std::string::npos);
  CHECK(tcp.find("Udp:\n") == std::string::npos);
  CHECK(tcp.find("Ip:\n") == std::string::npos);
  const std::string udp = shown(StatisticsView{.udp = true});
  CHECK(udp.find("Udp:\n") != std::string::npos);
  CHECK(udp.find("Tcp") == std::string::npos);
  const std::string raw = shown(StatisticsView{.raw = true});
  CHECK(raw.find("Ip:\n") == 0);
  CHECK(raw.find("Icmp:\n") != std::string::npos);
  CHECK(raw.find("Udp:\n") == std::string::npos);
}

TEST_CASE("statistics as rows hold zeros, settings and, without a family, both families", "[report]") {
  const Snapshot snapshot = lab_snapshot();
  const Table& table = *snapshot.find_table(protocol_counters.name());
  CHECK(select_statistics(table, StatisticsView{}).size() == table.size());
  CHECK(select_statistics(table, StatisticsView{.ipv4 = true}).size() == table.size() - 4);
}

TEST_CASE("no statistics differ from statistics that were not collected", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK(format_statistics(snapshot, StatisticsView{}) == "protocol_counter: not collected: not in this snapshot\n");
  add_table(snapshot, protocol_counters, {});
  CHECK(format_statistics(snapshot, StatisticsView{}) == "protocol_counter: no rows\n");
  Snapshot hostile = empty_snapshot();
  add_table(hostile, protocol_counters, {counter("Ev\x1bil", "Na{}me", 1)});
  CHECK(format_statistics(hostile, StatisticsView{}) == "Ev\\x1bil:\n    Na{}me: 1\n");
}

TEST_CASE("SCTP has the sentences of netstat, shown with -S and without any protocol", "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, protocol_counters,
            {level("Sctp", "CurrEstab", 1), counter("Sctp", "Aborteds", 0), counter("Sctp", "InSCTPPacks", 17),
             counter("Sctp", "T3Retransmits", 26), counter("Sctp", "FastRetransmits", 0),
             counter("Tcp", "ActiveOpens", 31)});
  const std::string sctp = "Sctp:\n"
                           "    1 Current Associations\n"
                           "    0 Number of Aborteds \n"
                           "    17 Number of SCTP packets received\n"
                           "    SctpT3Retransmits: 26\n";
  const std::string tcp = "Tcp:\n    31 active connection openings\n";
  CHECK(format_statistics(snapshot, StatisticsView{.sctp = true}) == sctp);
  CHECK(format_statistics(snapshot, StatisticsView{.tcp = true}) == tcp);
  CHECK(format_statistics(snapshot, StatisticsView{}) == tcp + sctp);
}

} // namespace hindstat
