// SPDX-License-Identifier: MIT
#include "recorder/readers/tcp_metrics.h"

#include <catch2/catch.hpp>

#include <linux/genetlink.h>
#include <linux/tcp_metrics.h>

#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::uint64_t boottime_ms = 5'000'000;
constexpr std::uint16_t family_number = 31;

/// As tcp_metrics_fill_info makes it, a shifted time in µs or only in ms.
std::vector<std::byte> metrics_message(bool in_us) {
  NetlinkBuilder values;
  values.attribute_value(TCP_METRIC_RTT + 1, std::uint32_t{2});
  if (in_us) {
    values.attribute_value(TCP_METRIC_RTT_US + 1, std::uint32_t{2400});
  }
  values.attribute_value(TCP_METRIC_RTTVAR + 1, std::uint32_t{1});
  if (in_us) {
    values.attribute_value(TCP_METRIC_RTTVAR_US + 1, std::uint32_t{1000});
  }
  values.attribute_value(TCP_METRIC_SSTHRESH + 1, std::uint32_t{7})
    .attribute_value(TCP_METRIC_CWND + 1, std::uint32_t{10})
    .attribute_value(TCP_METRIC_REORDERING + 1, std::uint32_t{3});
  return NetlinkBuilder()
    .value(genlmsghdr{TCP_METRICS_CMD_GET, TCP_METRICS_GENL_VERSION, 0})
    .attribute_text(TCP_METRICS_ATTR_ADDR_IPV4, parse_ip_address("10.77.2.2").value().bytes())
    .attribute_text(TCP_METRICS_ATTR_SADDR_IPV4, parse_ip_address("10.77.1.2").value().bytes())
    .attribute_value(TCP_METRICS_ATTR_AGE, std::uint64_t{1500})
    .attribute(TCP_METRICS_ATTR_VALS, values.bytes())
    .attribute_value(TCP_METRICS_ATTR_FOPEN_MSS, std::uint16_t{1460})
    .attribute_value(TCP_METRICS_ATTR_FOPEN_SYN_DROPS, std::uint16_t{1})
    .attribute_value(TCP_METRICS_ATTR_FOPEN_SYN_DROP_TS, std::uint64_t{6'000'000})
    .attribute_text(TCP_METRICS_ATTR_FOPEN_COOKIE, "\x01\xab\xff")
    .bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<TcpMetric> rows;
};

Parsed parse(std::span<const std::byte> payload) {
  TcpMetricRows rows(tcp_metrics);
  const Verdict verdict = add_tcp_metrics_message(rows, payload, boottime_ms);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(tcp_metrics.row(table, i));
  }
  return parsed;
}

} // namespace

TEST_CASE("what TCP remembers about a peer is read, times in microseconds as `ip` shows them", "[recorder]") {
  const auto parsed = parse(metrics_message(true));
  REQUIRE(parsed.rows.size() == 1);
  const TcpMetric& row = parsed.rows[0];
  CHECK(format_ip_address(row.destination) == "10.77.2.2");
  CHECK(format_ip_address(row.source.value()) == "10.77.1.2");
  CHECK(row.rtt == 300U);
  CHECK(row.rttvar == 250U);
  CHECK(row.ssthresh == 7U);
  CHECK(row.cwnd == 10U);
  CHECK(row.reordering == 3U);
  CHECK(row.updated == boottime_ms - 1500);
  CHECK(row.fastopen_mss == 1460);
  CHECK(row.fastopen_syn_drops == 1);
  CHECK(row.fastopen_dropped == 0U); // Before the boot: a clock that stood still in suspend.
  CHECK(row.fastopen_cookie == "01abff");
  CHECK(parse(metrics_message(false)).rows.at(0).rtt == 250U); // Linux before 3.15: 2/8 ms.
}

TEST_CASE("a message of TCP metrics cut at any byte is refused or one row", "[recorder]") {
  const auto message = metrics_message(true);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse(cut(message, size));
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
    CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(genlmsghdr) + 8));
  }
}

TEST_CASE("TCP metrics are asked of their family's number, and absent where there is none", "[recorder]") {
  FakeSystem system;
  const auto family = NetlinkBuilder()
                        .value(genlmsghdr{CTRL_CMD_NEWFAMILY, 2, 0})
                        .attribute_text(CTRL_ATTR_FAMILY_NAME, std::string_view("tcp_metrics\0", 12))
                        .attribute_value(CTRL_ATTR_FAMILY_ID, family_number)
                        .bytes();
  system.dumps["genetlink-families"] = {
    {NetlinkBuilder().message(GENL_ID_CTRL, NLM_F_MULTI, family).done().bytes(), {}}};
  system.dumps["tcp_metrics"] = {
    {NetlinkBuilder().message(family_number, NLM_F_MULTI, metrics_message(true)).done().bytes(), {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("tcp_metric")->status == CaptureStatus::complete);
  CHECK(snapshot.find_table("tcp_metric")->size() == 1);
  system.dumps["genetlink-families"] = {{NetlinkBuilder().done().bytes(), {}}};
  CHECK(record_snapshot(system, {}).find_capture("tcp_metric")->status == CaptureStatus::absent);
}
