// SPDX-License-Identifier: MIT
// Lines of the text files. Those of Linux 6.18 were captured; older and rarer ones are made from the kernel's printf
// formats (ip_conntrack_standalone.c, nf_conntrack_standalone.c, ip_masq.c), which each of them names.
#include "recorder/readers/proc_net_conntrack.h"

#include <catch2/catch.hpp>

#include "recorder/readers/proc_net_ip_masquerade.h"
#include "recorder/text_fields.h"

using namespace hindstat;

namespace {

constexpr ReadMoment moment{5'000'000, 1'700'000'000};
constexpr unsigned source_nat = 1;
constexpr unsigned destination_nat = 2;

std::optional<Conntrack> flow_of(std::string_view line) {
  ConntrackRows rows(conntracks);
  if (add_conntrack_line(rows, line, moment) != Verdict::kept) {
    CHECK(rows.size() == 0);
    return std::nullopt;
  }
  const Table table = std::move(rows).build();
  return conntracks.row(table, 0);
}

std::vector<Conntrack> masqueraded(std::string_view text, std::size_t rejected = 0) {
  IpMasqueradeLines lines(moment);
  ConntrackRows rows(conntracks);
  Lines walk(text);
  std::size_t refused = 0;
  while (const auto line = walk.next()) {
    refused += lines.add(rows, *line) == Verdict::rejected ? 1U : 0U;
  }
  CHECK(refused == rejected);
  std::vector<Conntrack> flows;
  const Table table = std::move(rows).build();
  for (std::size_t i = 0; i < table.size(); ++i) {
    flows.push_back(conntracks.row(table, i));
  }
  return flows;
}

} // namespace

TEST_CASE("a line of nf_conntrack gives both tuples, and its NAT follows from them", "[recorder]") {
  const Conntrack flow =
    flow_of("ipv4     2 tcp      6 431994 ESTABLISHED src=10.77.1.22 dst=10.77.2.2 sport=40000 dport=7000 packets=2 "
            "bytes=112 src=10.77.2.2 dst=10.77.2.1 sport=7000 dport=37150 packets=1 bytes=60 [ASSURED] mark=4 zone=0 "
            "delta-time=5 use=2")
      .value();
  CHECK(flow.protocol == FlowProtocol::tcp);
  CHECK(flow.state == "ESTABLISHED");
  CHECK(format_ip_address(flow.source) == "10.77.1.22");
  CHECK(flow.source_port == 40000);
  CHECK(flow.destination_port == 7000);
  CHECK(format_ip_address(flow.reply_destination.value()) == "10.77.2.1");
  CHECK(flow.reply_destination_port == 37150);
  CHECK(flow.nat.bits == source_nat);
  CHECK(flow.flags->bits == 3);
  CHECK(flow.packets == 2U);
  CHECK(flow.bytes == 112U);
  CHECK(flow.reply_packets == 1U);
  CHECK(flow.reply_bytes == 60U);
  CHECK(flow.mark == 4U);
  CHECK(flow.use == 2U);
  CHECK(flow.expires == 5'000'000 + 431'994'000U);
  CHECK(flow.started == 1'699'999'995'000'000'000U);
  CHECK_FALSE(flow.status);
  CHECK_FALSE(flow.id);
  const Conntrack six =
    flow_of("ipv6     10 udp      17 24 src=fd77:0001:0000:0000:0000:0000:0000:0002 "
            "dst=fd77:0009:0000:0000:0000:0000:0000:0009 sport=4 dport=5 [UNREPLIED] "
            "src=fd77:0009:0000:0000:0000:0000:0000:0009 dst=fd77:0001:0000:0000:0000:0000:0000:0002 sport=5 dport=4 "
            "mark=0 zone=0 use=2")
      .value();
  CHECK(format_ip_address(six.destination) == "fd77:9::9");
  CHECK(six.nat.bits == 0);
  CHECK(six.flags->bits == 0);
  CHECK_FALSE(six.state);
}

TEST_CASE("the ICMP types of a ping differ by nature and are no NAT", "[recorder]") {
  const std::string begin = "ipv4     2 icmp     1 23 src=10.77.1.2 dst=10.77.2.2 type=8 code=0 id=51545 ";
  const Conntrack ping =
    flow_of(begin + "src=10.77.2.2 dst=10.77.1.2 type=0 code=0 id=51545 mark=0 use=1 id=137627738").value();
  CHECK(ping.nat.bits == 0);
  CHECK(ping.icmp_id == 51545);
  CHECK(ping.reply_icmp_type == 0);
  CHECK(ping.id == 137627738U);
  CHECK(flow_of(begin + "src=10.77.2.2 dst=10.77.2.1 type=0 code=0 id=51545 use=1")->nat.bits == source_nat);
  CHECK(flow_of(begin + "src=10.77.2.2 dst=10.77.1.2 type=0 code=0 id=7 use=1")->nat.bits == source_nat);
  CHECK(flow_of(begin + "src=10.77.2.9 dst=10.77.1.2 type=0 code=0 id=51545 use=1")->nat.bits == destination_nat);
}

TEST_CASE("dialects of the line: old and new kernels, offload, keys, zones, vendors", "[recorder]") {
  // Linux 2.4 and 2.6 (ip_conntrack_standalone.c): no family.
  const Conntrack old =
    flow_of("tcp      6 117 SYN_SENT src=192.168.1.6 dst=192.168.1.9 sport=32775 dport=22 [UNREPLIED] src=192.168.1.9 "
            "dst=192.168.1.6 sport=22 dport=32775 use=2")
      .value();
  CHECK(old.state == "SYN_SENT");
  CHECK(old.flags->bits == 0);
  CHECK(flow_of("unknown  99 594 src=10.77.1.2 dst=10.77.2.2 [UNREPLIED] src=10.77.2.2 dst=10.77.2.1 use=1")->nat.bits
        == source_nat);
  // seq_printf("%-8s %u %-8s %u ") and no seconds for offloaded flows (nf_conntrack_standalone.c).
  const Conntrack offloaded =
    flow_of("ipv4     2 tcp      6 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 "
            "[OFFLOAD] mark=0 use=3")
      .value();
  CHECK_FALSE(offloaded.expires);
  CHECK(offloaded.flags->bits == 5);
  CHECK(flow_of("ipv4 2 udp 17 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 "
                "[HW_OFFLOAD] mark=0 use=3")
          ->flags->bits
        == 13);
  // nf_conntrack_proto_gre.c: "timeout=%u, stream_timeout=%u ", "srckey=0x%x dstkey=0x%x "
  const Conntrack gre =
    flow_of("ipv4     2 gre      47 29 timeout=30, stream_timeout=180 src=10.0.0.1 dst=10.0.0.2 srckey=0x0 "
            "dstkey=0x1b src=10.0.0.2 dst=10.0.0.1 srckey=0x1b dstkey=0x0 mark=0 use=1")
      .value();
  CHECK(gre.protocol == FlowProtocol::gre);
  CHECK(gre.destination_port == 0x1b);
  CHECK(gre.nat.bits == 0);
  // "zone-orig=%u ", "zone-reply=%u ", "zone=%u " (ct_show_zone)
  const std::string zoned = "ipv4 2 udp 17 9 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 ";
  const std::string answered = "src=10.0.0.2 dst=10.0.0.1 sport=2 dport=1 ";
  CHECK(flow_of(zoned + "zone-orig=4 " + answered + "use=1")->zone == 4);
  CHECK(flow_of(zoned + "zone-orig=4 " + answered + "use=1")->reply_zone == 0);
  CHECK(flow_of(zoned + answered + "zone-reply=4 use=1")->reply_zone == 4);
  CHECK(flow_of(zoned + answered + "zone=4 use=1")->zone == 4);
  CHECK_FALSE(flow_of(zoned + answered + "zone=4 use=1")->reply_zone);
  // Keenetic's additions.
  CHECK(flow_of(zoned + answered
                + "[ASSURED] [FASTNAT] [RTCACHE o33/r37] nmark=1 mac=50:ff:20:00:00:01 slan attrs= "
                  "secctx=system_u:x helper=ftp use=1")
          ->security_context
        == "system_u:x");
}

TEST_CASE("lines that are no flow are refused", "[recorder]") {
  const std::string good = "tcp 6 117 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 src=10.0.0.2 dst=10.0.0.1 "
                           "sport=2 dport=1 use=2";
  REQUIRE(flow_of(good));
  for (const char* line : {"", "tcp", "tcp 6", "tcp x 117 src=10.0.0.1", "tcp 256 117 src=10.0.0.1 dst=10.0.0.2",
                           "conntrack v1.4.7 (conntrack-tools): 48 flow entries have been shown.",
                           "tcp 6 117 SYN_SENT src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2",
                           "tcp 6 99999999999 NONE src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1",
                           "tcp 6 1 NONE src=10.0.0.1 dst=10.0.0.2 src=fd00::1 dst=fd00::2",
                           "tcp 6 1 NONE src=10.0.0.1 dst=10.0.0.2 sport=70000 src=10.0.0.2 dst=10.0.0.1",
                           "tcp 6 1 NONE src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1 src=3.3.3.3 dst=4.4.4.4"}) {
    CAPTURE(line);
    CHECK_FALSE(flow_of(line));
  }
  for (std::size_t size = 0; size < good.size(); ++size) { // Cut anywhere: refused, or a shorter line.
    const std::string part = good.substr(0, size);
    const auto flow = flow_of(part);
    CHECK((!flow || flow->protocol == FlowProtocol::tcp));
  }
  CHECK(flow_of("tcp 6 -3 CLOSE src=10.0.0.1 dst=10.0.0.2 src=10.0.0.2 dst=10.0.0.1")->expires == 5'000'000U);
}

TEST_CASE("a line of nf_conntrack_expect gives tuple, flags and helper", "[recorder]") {
  // nf_conntrack_expect.c exp_seq_show: "%ld " or "- ", "l3proto = %u proto=%u ", tuple, flags, " %s" helper, "/%s"
  // class
  const auto row_of = [](std::string_view line) -> std::optional<ConntrackExpectation> {
    ExpectationRows rows(conntrack_expectations);
    if (add_expectation_line(rows, line, moment) != Verdict::kept) {
      return std::nullopt;
    }
    return conntrack_expectations.row(std::move(rows).build(), 0);
  };
  const auto ftp = row_of("295 l3proto = 2 proto=6 src=10.77.2.2 dst=10.77.1.2 sport=0 dport=5001 ftp").value();
  CHECK(ftp.expires == 5'295'000U);
  CHECK(ftp.destination_port == 5001);
  CHECK(ftp.helper == "ftp");
  CHECK(ftp.flags->bits == 0);
  const auto sip =
    row_of("- l3proto = 10 proto=17 src=fd00::1 dst=fd00::2 sport=0 dport=6000 PERMANENT,INACTIVE sip/signalling")
      .value();
  CHECK_FALSE(sip.expires);
  CHECK(sip.flags->bits == 3);
  CHECK(sip.helper == "sip");
  CHECK(sip.protocol == FlowProtocol::udp);
  for (const char* line : {"", "295", "x l3proto = 2 proto=6 src=10.0.0.1 dst=10.0.0.2", "1 src=10.0.0.1 dst=10.0.0.2",
                           "1 l3proto = 2 proto=6 src=10.0.0.1", "1 proto=6 src=10.0.0.1 dst=fd00::1"}) {
    CHECK_FALSE(row_of(line));
  }
}

TEST_CASE("lines of stat/nf_conntrack are read by name and summed", "[recorder]") {
  ConntrackStatLines lines;
  CHECK(lines.add("entries  clashres found icmp_error  search_restart") == Verdict::skipped);
  CHECK(lines.add("0000002a  00000001 00000002 fffffffe 00000000") == Verdict::kept);
  CHECK(lines.add("0000002a  00000003 00000004 00000003 00000000") == Verdict::kept);
  CHECK(lines.add("0000002a  00000003 00000004 00000003") == Verdict::rejected);
  CHECK(lines.add("0000002a  00000003 00000004 00000003 00000000 00000000") == Verdict::rejected);
  CHECK(lines.add("0000002a  0000000x 00000004 00000003 00000000") == Verdict::rejected);
  CHECK(lines.entries() == 42U);
  CHECK(lines.counters()
        == ConntrackCounters{{"clash_resolve", 4}, {"error", 4'294'967'297}, {"found", 6}, {"search_restart", 0}});
  ConntrackStatLines other;
  CHECK(other.add("something else") == Verdict::rejected);
}

TEST_CASE("ip_masquerade of Linux 2.2 and 2.0, made from the formats of ip_masq.c", "[recorder]") {
  // 2.2: "%s %08lX:%04X %08lX:%04X %04X %08X %6d %6d %7lu"; lines padded to 127.
  const std::string padding(62, ' ');
  const auto flows =
    masqueraded("Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=40960,40960,40960)" + padding
                + "\nTCP 0A4D0102:9C40 0A4D0202:1B58 F12C 0000002A      4     -1   43200" + padding
                + "\nICMP 0A4D0102:1234 0A4D0202:0800 EF01 00000000      0      0     100" + padding + "\n");
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].protocol == FlowProtocol::tcp);
  CHECK(format_ip_address(flows[0].source) == "10.77.1.2");
  CHECK(flows[0].source_port == 40000);
  CHECK(format_ip_address(flows[0].destination) == "10.77.2.2");
  CHECK(flows[0].destination_port == 7000);
  CHECK_FALSE(flows[0].reply_destination);
  CHECK(flows[0].reply_destination_port == 61740);
  CHECK(flows[0].sequence_position == 42U);
  CHECK(flows[0].sequence_delta == 4);
  CHECK(flows[0].sequence_previous_delta == -1);
  CHECK(flows[0].expires == 5'432'000U);
  CHECK(flows[0].nat.bits == source_nat);
  CHECK_FALSE(flows[0].flags);
  CHECK(flows[1].icmp_id == 0x1234);
  CHECK(flows[1].reply_icmp_id == 0xef01);
  CHECK_FALSE(flows[1].source_port);
  // Early 2.0: no PDelta.
  const auto early = masqueraded("Prc FromIP   FPrt ToIP     TPrt Masq Init-seq Delta Expires (free=4096,4096)\n"
                                 "UDP C0A80002:0400 08080808:0035 EA60 00000000     0   30000\n");
  REQUIRE(early.size() == 1);
  CHECK_FALSE(early[0].sequence_previous_delta);
  CHECK(format_ip_address(early[0].destination) == "8.8.8.8");
  CHECK(
    masqueraded("Prc PDelta\nXXX 0A4D0102:9C40 0A4D0202:1B58 F12C 0 0 0 1\nTCP 0A4D0102 0A4D0202:1B58 F12C 0 0 0 1\n"
                "TCP 0A4D0102:9C40 0A4D0202:1B58 F12C 0 0 0 99999999999\nTCP 0A4D0102:9C40\n",
                4)
      .empty());
  CHECK(masqueraded("nonsense\n", 1).empty());
}
