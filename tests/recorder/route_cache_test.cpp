// SPDX-License-Identifier: MIT
#include "recorder/readers/route_cache_reader.h"

#include <catch2/catch.hpp>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/readers/kernel_version.h"
#include "recorder/readers/proc_net_rt_cache.h"
#include "recorder/readers/rtnetlink_route_exception.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const InterfaceNames names = {0, {{2, "c0"}, {3, "c1"}}};
constexpr std::uint64_t boottime_ms = 5'000'000;
constexpr std::uint32_t redirected = 0x4'0000;

std::vector<std::byte> metrics(std::uint32_t mtu, std::uint32_t lock) {
  NetlinkBuilder builder;
  if (lock != 0) {
    builder.attribute_value(RTAX_LOCK, lock);
  }
  return builder.attribute_value(RTAX_MTU, mtu).bytes();
}

/// As rt_fill_info and rt6_fill_node make it.
std::vector<std::byte> exception_message(int family, const char* destination, const char* gateway, int expires,
                                         std::uint32_t mtu, std::uint32_t lock = 0,
                                         std::uint32_t flags = RTM_F_CLONED) {
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(family);
  header.rtm_dst_len = family == AF_INET6 ? 128 : 32;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_type = RTN_UNICAST;
  header.rtm_flags = flags;
  NetlinkBuilder builder;
  builder.value(header)
    .attribute_value(RTA_TABLE, std::uint32_t{RT_TABLE_MAIN})
    .attribute_text(RTA_DST, parse_ip_address(destination).value().bytes())
    .attribute_value(RTA_OIF, std::uint32_t{2})
    .attribute_text(RTA_GATEWAY, parse_ip_address(gateway).value().bytes());
  if (mtu != 0) {
    builder.attribute(RTA_METRICS, metrics(mtu, lock));
  }
  const rta_cacheinfo info{1, 40, expires, 0, 7, 0, 0, 0};
  return builder.attribute_value(RTA_CACHEINFO, info).bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<RouteException> rows;
};

Parsed parse(std::span<const std::byte> payload, int family) {
  RouteExceptionRows rows(route_exceptions);
  const Verdict verdict = add_route_exception_message(rows, payload, family, names, boottime_ms);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(route_exceptions.row(table, i));
  }
  return parsed;
}

std::deque<FakeDump> answer(const std::vector<std::byte>& message) {
  return {{NetlinkBuilder().message(RTM_NEWROUTE, NLM_F_MULTI, message).done().bytes(), {}}};
}

/// Linux 5.3 or later.
class ModernSystem : public FakeSystem {
public:
  ModernSystem() {
    dumps["rtnetlink-link"] = {{NetlinkBuilder().done().bytes(), {}}};
    dumps["rtnetlink-route-cached-inet"] = answer(exception_message(AF_INET, "10.77.2.2", "10.77.1.1", 100, 1400));
    dumps["rtnetlink-route-cached-inet6"] = answer(exception_message(AF_INET6, "fd77::2", "fe80::1", 100, 1300));
    files["/proc/net/rt_cache"] = {
      0,
      "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\t"
      "SpecDst                          \n"};
  }
};

// Made from the printf formats of net/ipv4/route.c, rt_cache_get_info() of 2.0.36 and rt_cache_seq_show() of 2.6.32:
// no capture of such a kernel.
constexpr const char* linux_2_0 =
  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tHH\tARP      \n"
  "eth0\t0B01A8C0\t0101A8C0\t07\t1\t12\t0\t0201A8C0\t1500\t32767\t300\t2\t1                             \n"
  "lo\t0100007F\t0100007F\t05\t0\t3\t0\t0100007F\t3584\t0\t0\t-1\t0                                     \n";
constexpr const char* linux_2_6 =
  "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef\tHHUptod\t"
  "SpecDst\n"
  "eth0\t0B01A8C0\t0B01A8C0\t       0\t1\t12\t0\t0201A8C0\t1500\t0\t300\t10\t-1\t1\t0201A8C0        \n"
  "*\tFF01A8C0\tFF01A8C0\t90000000\t0\t0\t0\t0301A8C0\t0\t0\t0\t00\t-1\t0\t0201A8C0        \n";

std::vector<RouteCacheEntry> parse_cache(std::string_view text, unsigned rejected = 0) {
  RouteCacheRows rows(route_cache_entries);
  RtCacheLines lines;
  Capture capture;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    count_verdict(capture, lines.add(rows, rest.substr(0, end)), [] { return std::string(); });
    rest = rest.substr(end + 1);
  }
  CHECK(capture.rejected == rejected);
  const Table table = std::move(rows).build();
  std::vector<RouteCacheEntry> entries;
  for (std::size_t i = 0; i < table.size(); ++i) {
    entries.push_back(route_cache_entries.row(table, i));
  }
  return entries;
}

} // namespace

TEST_CASE("a learned path MTU is read with its lock and the moment when it is forgotten", "[recorder]") {
  const auto parsed = parse(exception_message(AF_INET, "10.77.2.2", "10.77.1.1", 58'000, 552, 4), AF_INET);
  REQUIRE(parsed.rows.size() == 1);
  const RouteException& row = parsed.rows[0];
  CHECK(format_ip_address(row.destination) == "10.77.2.2");
  CHECK(row.prefix_length == 32);
  CHECK(row.interface == "c0");
  CHECK(format_ip_address(row.gateway.value()) == "10.77.1.1");
  CHECK(row.mtu == 552U);
  CHECK(row.locked_metrics == 4U);
  CHECK(row.expires == boottime_ms + 580'000);
  CHECK(row.uses == 7U);
  CHECK(row.references == 1U);
  CHECK(row.flags.bits == 0);
  CHECK_FALSE(row.error);
}

TEST_CASE("a redirect is read with its flag, and one of IPv6 without", "[recorder]") {
  const auto v4 =
    parse(exception_message(AF_INET, "10.77.9.9", "10.77.1.3", 0, 0, 0, RTM_F_CLONED | redirected), AF_INET);
  CHECK(v4.rows.at(0).flags.bits == redirected);
  CHECK_FALSE(v4.rows.at(0).expires);
  CHECK_FALSE(v4.rows.at(0).mtu);
  const auto v6 = parse(exception_message(AF_INET6, "fd77:9::9", "fe80::3", -200, 0), AF_INET6);
  CHECK(v6.rows.at(0).expires == boottime_ms - 2000); // Still listed, though it has run out.
  CHECK(v6.rows.at(0).flags.bits == 0);
}

TEST_CASE("routes of the tables are no exceptions, and a message cut at any byte is refused or one row", "[recorder]") {
  const auto message = exception_message(AF_INET, "10.77.2.2", "10.77.1.1", 100, 1400);
  CHECK(parse(exception_message(AF_INET, "10.77.2.2", "10.77.1.1", 0, 0, 0, 0), AF_INET).verdict == Verdict::skipped);
  CHECK(parse(message, AF_INET6).verdict == Verdict::skipped); // A kernel without IPv6 answers for IPv4.
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse(cut(message, size), AF_INET);
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
  }
  CHECK(parse(exception_message(AF_INET, "fd77::2", "10.77.1.1", 0, 0), AF_INET).verdict == Verdict::rejected);
}

TEST_CASE("the routing cache of Linux 2.0 and that of 2.2 and later are read", "[recorder]") {
  const auto old = parse_cache(linux_2_0);
  REQUIRE(old.size() == 2);
  CHECK(format_ip_address(old[0].source) == "192.168.1.2");
  CHECK(format_ip_address(old[0].destination) == "192.168.1.11");
  CHECK(format_ip_address(old[0].gateway) == "192.168.1.1");
  CHECK(old[0].flags == 7);
  CHECK(old[0].hh_references == 2);
  CHECK(old[0].hh_up_to_date == 1);
  CHECK(old[0].window == 32767);
  CHECK_FALSE(old[0].tos);
  CHECK_FALSE(old[0].specific_destination);
  CHECK(old[1].hh_references == -1);

  const auto later = parse_cache(linux_2_6);
  REQUIRE(later.size() == 2);
  CHECK(later[0].interface == "eth0");
  CHECK(later[0].tos == 0x10);
  CHECK(later[0].irtt == 300);
  CHECK(later[0].uses == 12);
  CHECK(format_ip_address(later[0].specific_destination.value()) == "192.168.1.2");
  CHECK(later[1].flags == 0x9000'0000U);
  CHECK_FALSE(later[1].interface);
}

TEST_CASE("cache lines without a heading of a known layout, or cut short, are refused", "[recorder]") {
  const std::string text = linux_2_6;
  const std::size_t second = text.find('\n') + 1;
  CHECK(parse_cache(text.substr(second), 2).empty());
  CHECK(parse_cache("Iface\tDestination\tGateway\n" + text.substr(second), 3).empty());
  CHECK(parse_cache(text.substr(0, second) + "eth0\t0B01A8C0\t0B01A8C0\t0\t1\n", 1).empty());
  CHECK(parse_cache(text.substr(0, second) + "eth0\t0B01A8C0\n", 1).empty());
}

TEST_CASE("today's exceptions of both families are recorded, and the old cache is absent", "[recorder]") {
  const Snapshot snapshot = record_snapshot(ModernSystem(), {});
  const Capture& capture = *snapshot.find_capture("route_exception");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage == "inet=netlink inet6=netlink");
  CHECK(snapshot.find_table("route_exception")->size() == 2);
  const Capture& old = *snapshot.find_capture("route_cache");
  CHECK(old.status == CaptureStatus::absent);
  CHECK_THAT(old.detail, Catch::Contains("since 3.6") && Catch::Contains("route_exception"));
  CHECK(snapshot.find_table("route_cache") == nullptr);
}

TEST_CASE("a kernel that does not list its exceptions makes their table partial", "[recorder]") {
  ModernSystem system;
  system.files["/proc/sys/kernel/osrelease"] = {0, "4.19.0-27-amd64\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("route_exception");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK_THAT(capture.detail, Catch::Contains("before 5.3"));
}

TEST_CASE("the cache of a kernel before 3.6 is recorded, empty or not, and its exceptions are absent", "[recorder]") {
  ModernSystem system;
  system.files["/proc/sys/kernel/osrelease"] = {0, "2.6.32-754.el6.x86_64\n"};
  const Snapshot empty = record_snapshot(system, {});
  CHECK(empty.find_capture("route_cache")->status == CaptureStatus::complete);
  REQUIRE(empty.find_table("route_cache") != nullptr);
  CHECK(empty.find_table("route_cache")->empty());
  CHECK(empty.find_capture("route_exception")->coverage == "inet=absent inet6=partial");

  system.files["/proc/net/rt_cache"] = {0, linux_2_6};
  CHECK(record_snapshot(system, {}).find_table("route_cache")->size() == 2);
  // An imported file with entries needs no version.
  system.files.erase("/proc/sys/kernel/osrelease");
  CHECK(record_snapshot(system, {}).find_table("route_cache")->size() == 2);
  system.files["/proc/net/rt_cache"] = {EACCES, ""};
  CHECK(record_snapshot(system, {}).find_capture("route_cache")->status == CaptureStatus::denied);
}

TEST_CASE("the version of a kernel is its first two numbers", "[recorder]") {
  CHECK(parse_kernel_version("6.18.44-fc-v769\n") == KernelVersion{6, 18});
  CHECK(parse_kernel_version("2.6.32") == KernelVersion{2, 6});
  CHECK(parse_kernel_version("5.3") == KernelVersion{5, 3});
  CHECK(KernelVersion{5, 2} < KernelVersion{5, 10});
  CHECK_FALSE(parse_kernel_version(""));
  CHECK_FALSE(parse_kernel_version("6"));
  CHECK_FALSE(parse_kernel_version("6.x"));
}
