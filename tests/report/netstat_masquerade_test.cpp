// SPDX-License-Identifier: MIT
#include "report/netstat_masquerade.h"

#include <catch2/catch.hpp>

#include "report/view.h"
#include "tables/conntrack.h"
#include "tables/service.h"
#include "tests/report/made_snapshot.h"

using namespace hindstat;

namespace {

constexpr std::uint64_t now_ms = 1'000'000; // Of empty_snapshot().

IpAddress ip(const char* text) {
  return parse_ip_address(text).value();
}

Conntrack masqueraded() {
  Conntrack flow;
  flow.protocol = FlowProtocol::tcp;
  flow.source = ip("10.77.1.2");
  flow.source_port = 40000;
  flow.destination = ip("10.77.2.2");
  flow.destination_port = 7000;
  flow.reply_source = flow.destination;
  flow.reply_source_port = 7000;
  flow.reply_destination = ip("10.77.2.1");
  flow.reply_destination_port = 61740;
  flow.state = "ESTABLISHED";
  flow.flags = FlagSet<FlowFlag>(3);
  flow.nat.set(NatKind::source);
  flow.expires = now_ms + 432'000;
  return flow;
}

Conntrack ping() {
  Conntrack flow;
  flow.protocol = FlowProtocol::icmp;
  flow.source = ip("10.77.1.2");
  flow.destination = ip("10.77.2.2");
  flow.icmp_type = 8;
  flow.icmp_code = 0;
  flow.icmp_id = 51545;
  flow.reply_source = ip("10.77.2.2");
  flow.reply_destination = ip("10.77.2.1");
  flow.reply_icmp_id = 51546;
  flow.nat.set(NatKind::source);
  flow.flags = FlagSet<FlowFlag>();
  flow.expires = now_ms + 22'340;
  return flow;
}

std::string text_of(const std::vector<Conntrack>& flows, const MasqueradeView& view = {}) {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, conntracks, flows);
  return format_masquerade(snapshot, view);
}

const std::string header = "IP masquerading entries\n"
                           "prot   expire source               destination          ports\n";

} // namespace

TEST_CASE("masqueraded flows are printed as netstat -M prints them", "[report]") {
  CHECK(text_of({masqueraded()})
        == header + "tcp   7:12.00 10.77.1.2            10.77.2.2            40000 -> 7000 (61740)\n");
  CHECK(text_of({masqueraded()}, {.extend = true})
        == "IP masquerading entries\n"
           "prot   expire    initseq delta prevd source               destination          ports\n"
           "tcp   7:12.00          0     0     0 10.77.1.2            10.77.2.2            40000 -> 7000 (61740)\n");
}

TEST_CASE("flows that are only tracked are not shown, and an empty table has its heading", "[report]") {
  Conntrack plain = masqueraded();
  plain.nat = {};
  CHECK(text_of({plain}) == header);
  CHECK(text_of({}) == header);
}

TEST_CASE("ICMP, flows without ports or timeout, IPv6 and shifted streams have defined values", "[report]") {
  CHECK(text_of({ping()}) == header + "icmp  0:22.34 10.77.1.2            10.77.2.2            51545 -> 8/0 (51546)\n");
  Conntrack portless = masqueraded();
  portless.protocol = static_cast<FlowProtocol>(99);
  portless.source_port = portless.destination_port = portless.reply_destination_port = std::nullopt;
  portless.expires = std::nullopt;
  CHECK(text_of({portless}) == header + "99          - 10.77.1.2            10.77.2.2            - -> - (-)\n");
  Conntrack overdue = masqueraded();
  overdue.expires = now_ms - 5;
  CHECK(text_of({overdue}).find("tcp   0:00.00 ") != std::string::npos);
  Conntrack association = masqueraded();
  association.protocol = FlowProtocol::sctp;
  association.expires = now_ms + 432'000'000;
  CHECK(text_of({association}).find("\nsctp 7200:00.00 10.77.1.2 ") != std::string::npos);
  Conntrack shifted = masqueraded();
  shifted.sequence_position = 4'000'000'000;
  shifted.sequence_delta = -4;
  CHECK(text_of({shifted}, {.extend = true}).find(" 4000000000    -4     - 10.77.1.2 ") != std::string::npos);
  shifted.sequence_previous_delta = 17;
  CHECK(text_of({shifted}, {.extend = true}).find(" 4000000000    -4    17 10.77.1.2 ") != std::string::npos);
}

TEST_CASE("families are chosen by -4 and -6", "[report]") {
  Conntrack six = masqueraded();
  six.source = ip("fd77:1::2");
  six.destination = ip("fd77:2::2");
  CHECK(text_of({six, masqueraded()}, {.ipv4 = true}) == text_of({masqueraded()}));
  CHECK(text_of({six, masqueraded()}, {.ipv6 = true}) == text_of({six}));
  CHECK(text_of({six, masqueraded()}, {.ipv4 = true, .ipv6 = true}) == text_of({masqueraded(), six}));
}

TEST_CASE("ports have the recorded host's names unless -n refuses them", "[report]") {
  Snapshot snapshot = empty_snapshot();
  add_table(snapshot, conntracks, {masqueraded()});
  add_table(snapshot, services, {Service{"tcp", 7000, "bbs"}, Service{"udp", 40000, "not-tcp"}});
  ViewOptions options;
  options.masquerade = true;
  CHECK(format_view(snapshot, options).find("40000 -> bbs (61740)\n") != std::string::npos);
  options.numeric = true;
  CHECK(format_view(snapshot, options).find("40000 -> 7000 (61740)\n") != std::string::npos);
}

TEST_CASE("wide, both tuples, the kind of NAT and the counters are shown", "[report]") {
  Conntrack forwarded = masqueraded();
  forwarded.nat = FlagSet<NatKind>(2);
  forwarded.reply_source = ip("10.77.1.9");
  forwarded.reply_source_port = 22;
  forwarded.zone = 5;
  forwarded.reply_zone = 0;
  forwarded.mark = 7;
  forwarded.packets = 1;
  forwarded.bytes = 60;
  forwarded.reply_packets = 2;
  forwarded.reply_bytes = 120;
  const std::string text = text_of({forwarded, ping()}, {.wide = true});
  CHECK(text
        == "IP masquerading entries\n"
           "prot   expire  state        nat   source              destination         answered by   answers to        "
           "  flags            zone  mark  packets  bytes  reply packets  reply bytes\n"
           "icmp  0:22.34  -            snat  10.77.1.2 id 51545  10.77.2.2 type 8/0  10.77.2.2     10.77.2.1 id 51546"
           "  unreplied           0     -        -      -              -            -\n"
           "tcp   7:12.00  ESTABLISHED  dnat  10.77.1.2:40000     10.77.2.2:7000      10.77.1.9:22  10.77.2.1:61740   "
           "  replied,assured   5/0     7        1     60              2          120\n");
}

TEST_CASE("a hostile state cannot reach the terminal", "[report]") {
  Conntrack flow = masqueraded();
  flow.state = "\x1b[31mX";
  CHECK(text_of({flow}, {.wide = true}).find('\x1b') == std::string::npos);
}

TEST_CASE("flows that were not collected are said to be so, by namespace", "[report]") {
  Snapshot snapshot = empty_snapshot();
  CHECK(format_masquerade(snapshot, {}) == "conntrack: not collected: not in this snapshot\n");
  Conntrack inside = masqueraded();
  inside.netns = "gw";
  add_table(snapshot, conntracks, {inside});
  snapshot.captures.front() = made_capture("conntrack", CaptureStatus::denied, "only a process with CAP_NET_ADMIN");
  snapshot.captures.push_back(made_capture("conntrack", CaptureStatus::complete, "", "gw"));
  CHECK(format_masquerade(snapshot, {})
        == "conntrack: not collected: denied: only a process with CAP_NET_ADMIN\n"
           "IP masquerading entries in network namespace gw\n"
           "prot   expire source               destination          ports\n"
           "tcp   7:12.00 10.77.1.2            10.77.2.2            40000 -> 7000 (61740)\n");
}
