// SPDX-License-Identifier: MIT
#include "recorder/readers/neighbour_reader.h"

#include <catch2/catch.hpp>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/readers/proc_net_arp.h"
#include "recorder/readers/rtnetlink_neighbour.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

const InterfaceNames names = {0, {{2, "eth0"}}};
constexpr std::uint64_t boottime_ms = 5'000'000;

/// As neigh_fill_info makes it.
std::vector<std::byte> neighbour_message(int family, const char* address, std::uint16_t state,
                                         const char* link_address = "\x02\x0a\x0b\x0c\x0d\x0e",
                                         std::uint8_t flags = 0) {
  ndmsg header{};
  header.ndm_family = static_cast<std::uint8_t>(family);
  header.ndm_ifindex = 2;
  header.ndm_state = state;
  header.ndm_flags = flags;
  NetlinkBuilder builder;
  builder.value(header).attribute_text(NDA_DST, parse_ip_address(address).value().bytes());
  if (link_address != nullptr) {
    builder.attribute_text(NDA_LLADDR, std::string_view(link_address, 6));
  }
  const nda_cacheinfo ages{100, 200, 300, 1};
  return builder.attribute_value(NDA_PROBES, std::uint32_t{3}).attribute_value(NDA_CACHEINFO, ages).bytes();
}

struct Parsed {
  Verdict verdict;
  std::vector<Neighbour> rows;
};

template <typename Add>
Parsed collect(Add&& add) {
  NeighbourRows rows(neighbours);
  const Verdict verdict = add(rows);
  const Table table = std::move(rows).build();
  Parsed parsed{verdict, {}};
  for (std::size_t i = 0; i < table.size(); ++i) {
    parsed.rows.push_back(neighbours.row(table, i));
  }
  return parsed;
}

Parsed parse(std::span<const std::byte> payload, int family = AF_INET) {
  return collect([&](NeighbourRows& rows) { return add_neighbour_message(rows, payload, family, names, boottime_ms); });
}

Parsed parse_arp(std::string_view line) {
  return collect([&](NeighbourRows& rows) { return add_arp_line(rows, line); });
}

std::deque<FakeDump> answer(const std::vector<std::byte>& message) {
  return {{NetlinkBuilder().message(RTM_NEWNEIGH, NLM_F_MULTI, message).done().bytes(), {}}};
}

} // namespace

TEST_CASE("a neighbour is read with its state, addresses and the moments of its ages", "[recorder]") {
  const auto parsed = parse(neighbour_message(AF_INET, "10.77.1.1", NUD_REACHABLE));
  REQUIRE(parsed.rows.size() == 1);
  const Neighbour& row = parsed.rows[0];
  CHECK(row.interface == "eth0");
  CHECK(format_ip_address(row.address) == "10.77.1.1");
  CHECK(row.link_address == "02:0a:0b:0c:0d:0e");
  CHECK(row.resolution == NeighbourResolution::resolved);
  CHECK(row.state == NeighbourState::reachable);
  CHECK(row.used == boottime_ms - 2000);
  CHECK(row.confirmed == boottime_ms - 1000);
  CHECK(row.updated == boottime_ms - 3000);
  CHECK(row.probes == 3U);
  CHECK_FALSE(row.proxy);
}

TEST_CASE("states that take turns by themselves are one resolution", "[recorder]") {
  for (const std::uint16_t state :
       std::initializer_list<std::uint16_t>{NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE}) {
    CHECK(parse(neighbour_message(AF_INET, "10.77.1.1", state)).rows.at(0).resolution == NeighbourResolution::resolved);
  }
  const auto failed = parse(neighbour_message(AF_INET6, "fe80::9", NUD_FAILED, nullptr), AF_INET6);
  CHECK(failed.rows.at(0).resolution == NeighbourResolution::failed);
  CHECK_FALSE(failed.rows.at(0).link_address);
  CHECK(parse(neighbour_message(AF_INET, "10.77.1.1", NUD_INCOMPLETE, nullptr)).rows.at(0).resolution
        == NeighbourResolution::incomplete);
  CHECK(parse(neighbour_message(AF_INET, "10.77.1.1", NUD_PERMANENT)).rows.at(0).resolution
        == NeighbourResolution::permanent);
}

TEST_CASE("a proxy has no state, and what needs no resolution is skipped", "[recorder]") {
  const auto proxy = parse(neighbour_message(AF_INET, "10.77.1.9", 0, nullptr, NTF_PROXY));
  CHECK(proxy.rows.at(0).proxy);
  CHECK_FALSE(proxy.rows.at(0).state);
  CHECK(parse(neighbour_message(AF_INET, "224.0.0.1", NUD_NOARP)).verdict == Verdict::skipped);
  CHECK(parse(neighbour_message(AF_INET, "10.77.1.1", NUD_STALE), AF_INET6).verdict == Verdict::skipped);
}

TEST_CASE("a neighbour message cut at any byte is refused or one row", "[recorder]") {
  const auto message = neighbour_message(AF_INET, "10.77.1.1", NUD_STALE);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto parsed = parse(cut(message, size));
    CHECK(parsed.rows.size() == (parsed.verdict == Verdict::kept ? 1U : 0U));
    CHECK((parsed.verdict == Verdict::rejected || size >= sizeof(ndmsg) + 8));
  }
  CHECK(parse(neighbour_message(AF_INET, "fe80::1", NUD_STALE)).verdict == Verdict::rejected);
}

TEST_CASE("lines of /proc/net/arp are neighbours without states", "[recorder]") {
  CHECK(parse_arp("IP address       HW type     Flags       HW address            Mask     Device").verdict
        == Verdict::heading);
  const auto line = parse_arp("10.77.1.1        0x1         0x2         7a:0f:8a:2b:6e:01     *        c0");
  REQUIRE(line.rows.size() == 1);
  CHECK(line.rows[0].interface == "c0");
  CHECK(line.rows[0].link_address == "7a:0f:8a:2b:6e:01");
  CHECK(line.rows[0].resolution == NeighbourResolution::resolved);
  CHECK_FALSE(line.rows[0].state);
  const auto unknown = parse_arp("10.77.1.9        0x1         0x0         00:00:00:00:00:00     *        c0");
  CHECK(unknown.rows.at(0).resolution == NeighbourResolution::unresolved);
  CHECK_FALSE(unknown.rows.at(0).link_address);
  CHECK(parse_arp("10.77.1.8 0x1 0x6 7a:0f:8a:2b:6e:02 * c0").rows.at(0).resolution == NeighbourResolution::permanent);
  CHECK(parse_arp("10.77.1.7 0x1 0xc 00:00:00:00:00:00 * c0").rows.at(0).proxy);
  for (const char* bad : {"", "10.77.1.1", "x 0x1 0x2 7a:0f:8a:2b:6e:01 * c0", "10.77.1.1 1 0x2 7a:0f:8a:2b:6e:01 * c0",
                          "10.77.1.1 0x1 0x2 7a:0f:8a:2b:6e:01 *"}) {
    CHECK(parse_arp(bad).verdict == Verdict::rejected);
  }
}

TEST_CASE("neighbours and proxies of both families are one table, and ARP's file stands in for IPv4", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().done().bytes(), {}}};
  system.dumps["rtnetlink-neigh-inet"] = answer(neighbour_message(AF_INET, "10.77.1.1", NUD_STALE));
  system.dumps["rtnetlink-neigh-proxy-inet"] = answer(neighbour_message(AF_INET, "10.77.1.9", 0, nullptr, NTF_PROXY));
  system.dumps["rtnetlink-neigh-inet6"] = answer(neighbour_message(AF_INET6, "fe80::1", NUD_STALE));
  system.dumps["rtnetlink-neigh-proxy-inet6"] = {{NetlinkBuilder().done().bytes(), {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_capture("neighbour")->status == CaptureStatus::complete);
  CHECK(snapshot.find_table("neighbour")->size() == 3);

  system.files["/proc/net/arp"] = {0, "IP address       HW type     Flags       HW address            Mask     Device\n"
                                      "10.77.1.1 0x1 0x2 7a:0f:8a:2b:6e:01 * c0\n"};
  const Snapshot older = record_snapshot(WithoutNetlink(std::make_unique<FakeSystem>()), {});
  CHECK(older.find_capture("neighbour")->status != CaptureStatus::complete);
  system.dumps["rtnetlink-neigh-inet"] = {{{}, {EPERM, false}}};
  const Snapshot fallback = record_snapshot(system, {});
  CHECK(fallback.find_capture("neighbour")->coverage == "inet=proc inet6=netlink");
  CHECK(fallback.find_capture("neighbour")->status == CaptureStatus::partial);
}
