// SPDX-License-Identifier: MIT
// Messages of ctnetlink, built as net/netfilter/nf_conntrack_netlink.c fills them.
#include "recorder/readers/ctnetlink.h"

#include <catch2/catch.hpp>

#include "tests/recorder/flow_message.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr ReadMoment moment{5'000'000, 1'700'000'000};

std::optional<Conntrack> flow_of(const NetlinkBuilder& message) {
  ConntrackRows rows(conntracks);
  if (add_flow_message(rows, message.bytes(), moment) != Verdict::kept) {
    return std::nullopt;
  }
  const Table table = std::move(rows).build();
  return conntracks.row(table, 0);
}

NetlinkBuilder counters(std::uint64_t packets, std::uint64_t bytes) {
  return NetlinkBuilder()
    .attribute_value(CTA_COUNTERS_PACKETS, htobe64(packets))
    .attribute_value(CTA_COUNTERS_BYTES, htobe64(bytes));
}

} // namespace

TEST_CASE("a masqueraded flow has both tuples, its state and what its status bits say", "[recorder]") {
  const Conntrack flow = flow_of(masqueraded_flow()).value();
  CHECK(flow.protocol == FlowProtocol::tcp);
  CHECK(format_ip_address(flow.source) == "10.77.1.2");
  CHECK(flow.source_port == 40000);
  CHECK(format_ip_address(flow.destination) == "10.77.2.2");
  CHECK(flow.destination_port == 7000);
  CHECK(format_ip_address(flow.reply_source.value()) == "10.77.2.2");
  CHECK(flow.reply_source_port == 7000);
  CHECK(format_ip_address(flow.reply_destination.value()) == "10.77.2.1");
  CHECK(flow.reply_destination_port == 61740);
  CHECK(flow.state == "ESTABLISHED");
  CHECK(flow.status->bits == 0x19e);
  CHECK(flow.flags->bits == 3);
  CHECK(flow.nat.bits == static_cast<unsigned>(NatKind::source));
  CHECK(flow.expires == 5'000'000 + 431'999'000U);
  CHECK_FALSE(flow.mark);
  CHECK_FALSE(flow.packets);
  CHECK_FALSE(flow.id);
}

TEST_CASE("NAT is what SRC_NAT and DST_NAT say, never the bits that say it was decided", "[recorder]") {
  CHECK(flow_of(masqueraded_flow(0x18e))->nat.bits == 0);
  CHECK(flow_of(masqueraded_flow(0x1ae))->nat.bits == static_cast<unsigned>(NatKind::destination));
  CHECK(flow_of(masqueraded_flow(0x30))->nat.bits == 3);
  CHECK(flow_of(masqueraded_flow(0x188))->flags->bits == 0);
  CHECK(flow_of(masqueraded_flow(0xc002))->flags->bits == 0xd);
}

TEST_CASE("what is rare in a flow is read where it is told", "[recorder]") {
  std::array<std::byte, 16> labels{};
  labels[0] = std::byte{0x81};
  labels[15] = std::byte{0x80};
  auto message = masqueraded_flow();
  message.attribute_value(CTA_MARK, htobe32(0x1234))
    .attribute_value(CTA_USE, htobe32(2))
    .attribute_value(CTA_ID, htobe32(3412942002))
    .attribute_value(CTA_ZONE, htobe16(7))
    .attribute(CTA_COUNTERS_ORIG | nested, counters(5'000'000'000, 1).bytes())
    .attribute(CTA_COUNTERS_REPLY | nested, counters(2, 3).bytes())
    .attribute(CTA_HELP | nested, NetlinkBuilder().attribute_text(CTA_HELP_NAME, std::string("ftp\0", 4)).bytes())
    .attribute(CTA_SECCTX | nested, NetlinkBuilder().attribute_text(CTA_SECCTX_NAME, "system_u:x").bytes())
    .attribute(CTA_TIMESTAMP | nested,
               NetlinkBuilder().attribute_value(CTA_TIMESTAMP_START, htobe64(1'795'402'215'511'400'194)).bytes())
    .attribute(CTA_LABELS, labels)
    .attribute(CTA_SEQ_ADJ_ORIG | nested, NetlinkBuilder()
                                            .attribute_value(CTA_SEQADJ_CORRECTION_POS, htobe32(4'000'000'000))
                                            .attribute_value(CTA_SEQADJ_OFFSET_BEFORE, htobe32(0U - 3U))
                                            .attribute_value(CTA_SEQADJ_OFFSET_AFTER, htobe32(4))
                                            .bytes())
    .attribute_text(4711, "from a later kernel");
  const Conntrack flow = flow_of(message).value();
  CHECK(flow.mark == 0x1234U);
  CHECK(flow.use == 2U);
  CHECK(flow.id == 3412942002U);
  CHECK(flow.zone == 7);
  CHECK_FALSE(flow.reply_zone);
  CHECK(flow.packets == 5'000'000'000U);
  CHECK(flow.bytes == 1U);
  CHECK(flow.reply_packets == 2U);
  CHECK(flow.reply_bytes == 3U);
  CHECK(flow.helper == "ftp");
  CHECK(flow.security_context == "system_u:x");
  CHECK(flow.started == 1'795'402'215'511'400'194U);
  CHECK(flow.labels == "0,7,127");
  CHECK(flow.sequence_position == 4'000'000'000U);
  CHECK(flow.sequence_previous_delta == -3);
  CHECK(flow.sequence_delta == 4);
}

TEST_CASE("a zone of one direction leaves the other in the default zone", "[recorder]") {
  const auto zoned = [](int attribute) {
    auto original = tuple_of("10.0.0.1", 1, "10.0.0.2", 2);
    auto reply = tuple_of("10.0.0.2", 2, "10.0.0.1", 1);
    (attribute == CTA_TUPLE_ORIG ? original : reply).attribute_value(CTA_TUPLE_ZONE, htobe16(9));
    return flow_of(nfgen_header()
                     .attribute(CTA_TUPLE_ORIG | nested, original.bytes())
                     .attribute(CTA_TUPLE_REPLY | nested, reply.bytes()))
      .value();
  };
  CHECK(zoned(CTA_TUPLE_ORIG).zone == 9);
  CHECK(zoned(CTA_TUPLE_ORIG).reply_zone == 0);
  CHECK(zoned(CTA_TUPLE_REPLY).zone == 0);
  CHECK(zoned(CTA_TUPLE_REPLY).reply_zone == 9);
}

TEST_CASE("ICMP and IPv6 flows, and states of other protocols", "[recorder]") {
  const Conntrack ping =
    flow_of(nfgen_header()
              .attribute(CTA_TUPLE_ORIG | nested, icmp_tuple_of("10.77.1.2", "10.77.2.2", 8, 51545).bytes())
              .attribute(CTA_TUPLE_REPLY | nested, icmp_tuple_of("10.77.2.2", "10.77.2.1", 0, 51545).bytes())
              .attribute_value(CTA_STATUS, htobe32(0x19a)))
      .value();
  CHECK(ping.icmp_type == 8);
  CHECK(ping.icmp_code == 0);
  CHECK(ping.icmp_id == 51545);
  CHECK(ping.reply_icmp_type == 0);
  CHECK(ping.reply_icmp_id == 51545);
  CHECK_FALSE(ping.source_port);
  CHECK_FALSE(ping.state);
  CHECK_FALSE(ping.expires);
  CHECK(ping.nat.bits == static_cast<unsigned>(NatKind::source));

  const auto six = [](std::uint8_t state) {
    NetlinkBuilder sctp;
    sctp.attribute_value(CTA_PROTOINFO_SCTP_STATE, state);
    return flow_of(nfgen_header(AF_INET6)
                     .attribute(CTA_TUPLE_ORIG | nested, tuple_of("fd77:1::2", 1, "fd77:2::2", 2, 132).bytes())
                     .attribute(CTA_TUPLE_REPLY | nested, tuple_of("fd77:2::2", 2, "fd77:2::1", 1, 132).bytes())
                     .attribute(CTA_PROTOINFO | nested,
                                NetlinkBuilder().attribute(CTA_PROTOINFO_SCTP | nested, sctp.bytes()).bytes()))
      .value();
  };
  CHECK(six(4).state == "ESTABLISHED");
  CHECK(six(3).state == "COOKIE_ECHOED");
  CHECK(six(77).state == "77");
  CHECK(format_ip_address(six(4).reply_destination.value()) == "fd77:2::1");
}

TEST_CASE("a flow without two whole tuples of its family is refused", "[recorder]") {
  const auto good = tuple_of("10.0.0.1", 1, "10.0.0.2", 2);
  const auto six = tuple_of("fd00::1", 1, "fd00::2", 2);
  const auto half = NetlinkBuilder().attribute(
    CTA_TUPLE_IP | nested, NetlinkBuilder().attribute_text(CTA_IP_V4_SRC, "\x0a\x01\x01\x01").bytes());
  const auto verdict = [](const NetlinkBuilder& message) {
    ConntrackRows rows(conntracks);
    const Verdict found = add_flow_message(rows, message.bytes(), moment);
    CHECK(rows.size() == (found == Verdict::kept ? 1 : 0));
    return found;
  };
  const auto both = [](int family, const NetlinkBuilder& original, const NetlinkBuilder& reply) {
    return nfgen_header(family).attribute(CTA_TUPLE_ORIG, original.bytes()).attribute(CTA_TUPLE_REPLY, reply.bytes());
  };
  CHECK(verdict(both(AF_INET, good, good)) == Verdict::kept);
  CHECK(verdict(both(AF_INET, good, half)) == Verdict::rejected);
  CHECK(verdict(both(AF_INET, good, six)) == Verdict::rejected);
  CHECK(verdict(both(AF_INET6, good, good)) == Verdict::rejected);
  CHECK(verdict(both(AF_BRIDGE, good, good)) == Verdict::skipped);
  CHECK(verdict(nfgen_header()) == Verdict::rejected);
  CHECK(verdict(NetlinkBuilder()) == Verdict::rejected);
  for (const int type : {CTA_STATUS, CTA_TIMEOUT, CTA_MARK, CTA_USE, CTA_ID, CTA_ZONE}) {
    CHECK(verdict(both(AF_INET, good, good).attribute_text(type, "x")) == Verdict::rejected);
  }
  for (const int type : {CTA_COUNTERS_ORIG, CTA_PROTOINFO, CTA_TIMESTAMP, CTA_SEQ_ADJ_ORIG}) {
    const auto short_one = NetlinkBuilder().attribute_text(1, "");
    CHECK(verdict(both(AF_INET, good, good).attribute_text(type, "xyz")) == Verdict::rejected);
    if (type != CTA_PROTOINFO) {
      CHECK(verdict(both(AF_INET, good, good).attribute(type, short_one.bytes())) == Verdict::rejected);
    }
  }
}

TEST_CASE("a flow cut anywhere is refused or is a flow", "[recorder]") {
  const auto whole = masqueraded_flow();
  for (std::size_t size = 0; size < whole.bytes().size(); ++size) {
    ConntrackRows rows(conntracks);
    const Verdict verdict = add_flow_message(rows, cut(whole.bytes(), size), moment);
    CHECK((verdict == Verdict::kept) == (rows.size() == 1));
    // What follows the tuples is optional: a message that ends there is a shorter one.
    CHECK((verdict == Verdict::rejected || size > 100));
  }
}

TEST_CASE("a flow with any bit flipped is refused or is a flow", "[recorder]") {
  const auto whole = masqueraded_flow();
  for (std::size_t bit = 0; bit < whole.bytes().size() * 8; ++bit) {
    std::vector<std::byte> bytes = whole.bytes();
    bytes[bit / 8] ^= std::byte{1} << (bit % 8);
    ConntrackRows rows(conntracks);
    const Verdict verdict = add_flow_message(rows, cut(bytes, bytes.size()), moment);
    CHECK((verdict == Verdict::kept) == (rows.size() == 1));
  }
}

TEST_CASE("an expectation has its tuple, mask, master and helper", "[recorder]") {
  const auto message = nfgen_header()
                         .attribute(CTA_EXPECT_MASTER, tuple_of("10.77.1.2", 40000, "10.77.2.2", 21).bytes())
                         .attribute(CTA_EXPECT_TUPLE, tuple_of("10.77.2.2", 0, "10.77.1.2", 5001).bytes())
                         .attribute(CTA_EXPECT_MASK, tuple_of("255.255.255.255", 0, "255.255.255.255", 65535).bytes())
                         .attribute_value(CTA_EXPECT_TIMEOUT, htobe32(300))
                         .attribute_value(CTA_EXPECT_ID, htobe32(17))
                         .attribute_text(CTA_EXPECT_HELP_NAME, std::string("ftp\0", 4))
                         .attribute_value(CTA_EXPECT_ZONE, htobe16(3))
                         .attribute_value(CTA_EXPECT_FLAGS, htobe32(5));
  ExpectationRows rows(conntrack_expectations);
  REQUIRE(add_expectation_message(rows, message.bytes(), moment) == Verdict::kept);
  const ConntrackExpectation row = conntrack_expectations.row(std::move(rows).build(), 0);
  CHECK(row.protocol == FlowProtocol::tcp);
  CHECK(format_ip_address(row.source) == "10.77.2.2");
  CHECK(row.destination_port == 5001);
  CHECK(row.mask_source_port == 0);
  CHECK(row.mask_destination_port == 65535);
  CHECK(format_ip_address(row.master_source.value()) == "10.77.1.2");
  CHECK(row.master_destination_port == 21);
  CHECK(row.expires == 5'300'000U);
  CHECK(row.id == 17U);
  CHECK(row.helper == "ftp");
  CHECK(row.zone == 3);
  CHECK(row.flags->bits == 5);
  for (std::size_t size = 0; size < message.bytes().size(); ++size) {
    ExpectationRows parts(conntrack_expectations);
    const Verdict verdict = add_expectation_message(parts, cut(message.bytes(), size), moment);
    CHECK((verdict == Verdict::kept) == (parts.size() == 1));
  }
}

TEST_CASE("counters of the CPUs are summed, a broken message adds nothing", "[recorder]") {
  ConntrackCounters counters;
  auto cpu = nfgen_header();
  cpu.attribute_value(CTA_STATS_INSERT_FAILED, htobe32(4'000'000'000)).attribute_value(CTA_STATS_DROP, htobe32(2));
  CHECK(add_statistics_message(counters, cpu.bytes()) == Verdict::kept);
  CHECK(add_statistics_message(counters, cpu.attribute_value(99, htobe32(1)).bytes()) == Verdict::kept);
  CHECK(counters == ConntrackCounters{{"drop", 4}, {"insert_failed", 8'000'000'000}});
  CHECK(add_statistics_message(counters, cpu.attribute_text(CTA_STATS_FOUND, "x").bytes()) == Verdict::rejected);
  CHECK(add_statistics_message(counters, {}) == Verdict::rejected);
  CHECK(counters == ConntrackCounters{{"drop", 4}, {"insert_failed", 8'000'000'000}});
}
