// SPDX-License-Identifier: MIT
#include "recorder/readers/rule_reader.h"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/readers/rtnetlink_rule.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

fib_rule_hdr rule_header(int family, std::uint8_t action, std::uint8_t table) {
  fib_rule_hdr header{};
  header.family = static_cast<std::uint8_t>(family);
  header.action = action;
  header.table = table;
  return header;
}

/// As fib_nl_fill_rule makes it: "from 10.0.0.0/8 fwmark 0x10/0xff iif eth0 ... lookup 1000".
std::vector<std::byte> selective_message() {
  fib_rule_hdr header = rule_header(AF_INET, FR_ACT_TO_TBL, 0);
  header.src_len = 8;
  header.tos = 0x10;
  header.flags = FIB_RULE_INVERT | FIB_RULE_IIF_DETACHED;
  return NetlinkBuilder()
    .value(header)
    .attribute_value(FRA_TABLE, std::uint32_t{1000})
    .attribute_value(FRA_SUPPRESS_PREFIXLEN, ~std::uint32_t{0})
    .attribute_value(FRA_PRIORITY, std::uint32_t{900})
    .attribute_text(FRA_SRC, parse_ip_address("10.0.0.0").value().bytes())
    .attribute_value(FRA_FWMARK, std::uint32_t{0x10})
    .attribute_value(FRA_FWMASK, std::uint32_t{0xff})
    .attribute_text(FRA_IIFNAME, std::string_view("eth0\0", 5))
    .attribute_value(FRA_UID_RANGE, fib_rule_uid_range{1000, 1999})
    .attribute_value(FRA_IP_PROTO, std::uint8_t{6})
    .attribute_value(FRA_DPORT_RANGE, fib_rule_port_range{80, 443})
    .attribute_value(FRA_TUN_ID, std::array<std::uint8_t, 8>{0, 0, 0, 0, 0, 0, 1, 2})
    .attribute_value(FRA_PROTOCOL, std::uint8_t{RTPROT_STATIC})
    .bytes();
}

std::vector<std::byte> local_message(int family) {
  fib_rule_hdr header = rule_header(family, FR_ACT_TO_TBL, RT_TABLE_LOCAL);
  header.flags = FIB_RULE_PERMANENT;
  return NetlinkBuilder().value(header).attribute_value(FRA_TABLE, std::uint32_t{RT_TABLE_LOCAL}).bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<Rule> rows;
};

Parsed parse(std::span<const std::byte> payload, int family = AF_INET) {
  RuleRows rows(rules);
  const Verdict verdict = add_rule_message(rows, payload, family);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(rules.row(table, i));
  }
  return parsed;
}

} // namespace

TEST_CASE("a rule is read with everything that it matches and does", "[recorder]") {
  const auto parsed = parse(selective_message());
  REQUIRE(parsed.rows.size() == 1);
  const Rule& row = parsed.rows[0];
  CHECK(row.priority == 900);
  CHECK(format_ip_address(row.source.value()) == "10.0.0.0");
  CHECK(row.source_length == 8);
  CHECK(row.tos == 0x10);
  CHECK(row.mark == 0x10U);
  CHECK(row.mark_mask == 0xffU);
  CHECK(row.in_interface == "eth0");
  CHECK(row.first_uid == 1000U);
  CHECK(row.last_uid == 1999U);
  CHECK(row.ip_protocol == 6);
  CHECK(row.first_destination_port == 80);
  CHECK(row.last_destination_port == 443);
  CHECK_FALSE(row.first_source_port);
  CHECK(row.tunnel_id == 0x102U);
  CHECK(row.action == RuleAction::look_up);
  CHECK(row.table == 1000U);
  CHECK_FALSE(row.suppress_prefix_length); // -1 is off.
  CHECK(row.flags.has(RuleFlag::inverted));
  CHECK(row.flags.has(RuleFlag::in_interface_missing));
  CHECK(row.protocol == RouteProtocol::static_route);
}

TEST_CASE("the kernel's first rule has priority 0, and one that looks nothing up has no table", "[recorder]") {
  const auto local = parse(local_message(AF_INET6), AF_INET6);
  CHECK(local.rows.at(0).family == IpFamily::ipv6);
  CHECK(local.rows.at(0).priority == 0);
  CHECK(local.rows.at(0).table == 255U);
  const auto blackhole = parse(NetlinkBuilder()
                                 .value(rule_header(AF_INET, FR_ACT_BLACKHOLE, 0))
                                 .attribute_value(FRA_PRIORITY, std::uint32_t{5})
                                 .bytes());
  CHECK(blackhole.rows.at(0).action == RuleAction::blackhole);
  CHECK_FALSE(blackhole.rows.at(0).table);
}

TEST_CASE("a rule message of another family is skipped, and one cut at any byte refused or one row", "[recorder]") {
  const auto message = selective_message();
  CHECK(parse(message, AF_INET6).verdict == Verdict::skipped);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse(cut(message, size));
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
    CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(fib_rule_hdr)));
  }
  CHECK(parse(NetlinkBuilder()
                .value(rule_header(AF_INET, FR_ACT_TO_TBL, 254))
                .attribute_text(FRA_SRC, parse_ip_address("fd00::").value().bytes())
                .bytes())
          .verdict
        == Verdict::rejected);
}

TEST_CASE("rules of both families are one table, and a kernel without policy routing has none", "[recorder]") {
  FakeSystem system;
  const auto answer = [](const std::vector<std::byte>& message) {
    return std::deque<FakeDump>{{NetlinkBuilder().message(RTM_NEWRULE, NLM_F_MULTI, message).done().bytes(), {}}};
  };
  system.dumps["rtnetlink-rule-inet"] = answer(local_message(AF_INET));
  system.dumps["rtnetlink-rule-inet6"] = answer(local_message(AF_INET6));
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("rule")->status == CaptureStatus::complete);
  CHECK(snapshot.find_table("rule")->size() == 2);
  for (const char* dump : {"rtnetlink-rule-inet", "rtnetlink-rule-inet6"}) {
    system.dumps[dump] = {{{}, {EOPNOTSUPP, false}}};
  }
  CHECK(record_snapshot(system, {}).find_capture("rule")->status == CaptureStatus::absent);
}
