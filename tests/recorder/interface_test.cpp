// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <numeric>

#include "recorder/netlink_message.h"
#include "recorder/readers/proc_net_dev.h"
#include "recorder/readers/rtnetlink_link.h"
#include "recorder/recorder.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

/// Statistics 1, 2, 3, ...
std::vector<std::byte> statistics(std::size_t count) {
  std::vector<std::uint64_t> values(count);
  std::iota(values.begin(), values.end(), 1U);
  return NetlinkBuilder().raw(std::as_bytes(std::span(values))).bytes();
}

std::vector<std::byte> link_message(int index, std::string name, std::size_t statistics_count,
                                    std::uint32_t master = 0) {
  ifinfomsg header{};
  header.ifi_index = index;
  header.ifi_flags = 0x11043;
  const auto info = NetlinkBuilder().attribute_text(IFLA_INFO_KIND, std::string_view("veth\0", 5)).bytes();
  const std::array<std::uint8_t, 6> mac = {2, 0, 0, 0, 0x1a, 0xff};
  NetlinkBuilder builder;
  builder.value(header)
    .attribute_text(IFLA_IFNAME, name + '\0')
    .attribute_value(IFLA_ADDRESS, mac)
    .attribute_value(IFLA_MTU, std::uint32_t{1400})
    .attribute_value(IFLA_TXQLEN, std::uint32_t{1000})
    .attribute_value(IFLA_OPERSTATE, std::uint8_t{6})
    .attribute_value(IFLA_CARRIER_CHANGES, std::uint32_t{3})
    .attribute_text(IFLA_QDISC, std::string_view("noqueue\0", 8))
    .attribute(IFLA_LINKINFO, info);
  if (master != 0) {
    builder.attribute_value(IFLA_MASTER, master);
  }
  if (statistics_count != 0) {
    builder.attribute(IFLA_STATS64, statistics(statistics_count));
  }
  return builder.bytes();
}

Interface row_of(const Table& table, std::size_t index) {
  return interfaces.row(table, index);
}

std::optional<Interface> parse_line(std::string_view line) {
  InterfaceRows rows(interfaces);
  const Verdict verdict = add_proc_interface(rows, line);
  const Table table = std::move(rows).build();
  CHECK(table.size() == (verdict == Verdict::kept ? 1U : 0U));
  return table.empty() ? std::nullopt : std::optional(row_of(table, 0));
}

const std::string header_lines =
  "Inter-|   Receive                                                |  Transmit\n"
  " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
  "compressed\n";

} // namespace

TEST_CASE("an interface is read from RTM_NEWLINK", "[recorder]") {
  const auto link = parse_link(link_message(9, "g1", 25, 4));
  REQUIRE(link);
  const Interface& row = link->row;
  CHECK(row.name == "g1");
  CHECK(row.ifindex == 9);
  CHECK(row.flags.value().has(InterfaceFlag::running));
  CHECK(format_mac_address(row.mac.value()) == "02:00:00:00:1a:ff");
  CHECK(row.mtu == 1400U);
  CHECK(row.txqlen == 1000U);
  CHECK(row.operstate == OperState::up);
  CHECK(row.carrier_changes == 3U);
  CHECK(row.qdisc == "noqueue");
  CHECK(row.kind == "veth");
  CHECK(link->master_index == 4);
  CHECK(link->has_statistics);
}

TEST_CASE("each statistic of an interface is the one of its place in the kernel's struct", "[recorder]") {
  const std::vector<std::byte> bytes = statistics(25);
  const auto stats = load_value<rtnl_link_stats64>(bytes).value();
  const Interface row = parse_link(link_message(9, "g1", 25)).value().row;
  CHECK(row.rx_packets == stats.rx_packets);
  CHECK(row.tx_packets == stats.tx_packets);
  CHECK(row.rx_bytes == stats.rx_bytes);
  CHECK(row.tx_bytes == stats.tx_bytes);
  CHECK(row.rx_errors == stats.rx_errors);
  CHECK(row.tx_errors == stats.tx_errors);
  CHECK(row.rx_dropped == stats.rx_dropped);
  CHECK(row.tx_dropped == stats.tx_dropped);
  CHECK(row.multicast == stats.multicast);
  CHECK(row.collisions == stats.collisions);
  CHECK(row.rx_length_errors == stats.rx_length_errors);
  CHECK(row.rx_over_errors == stats.rx_over_errors);
  CHECK(row.rx_crc_errors == stats.rx_crc_errors);
  CHECK(row.rx_frame_errors == stats.rx_frame_errors);
  CHECK(row.rx_fifo_errors == stats.rx_fifo_errors);
  CHECK(row.rx_missed_errors == stats.rx_missed_errors);
  CHECK(row.tx_aborted_errors == stats.tx_aborted_errors);
  CHECK(row.tx_carrier_errors == stats.tx_carrier_errors);
  CHECK(row.tx_fifo_errors == stats.tx_fifo_errors);
  CHECK(row.tx_heartbeat_errors == stats.tx_heartbeat_errors);
  CHECK(row.tx_window_errors == stats.tx_window_errors);
  CHECK(row.rx_compressed == stats.rx_compressed);
  CHECK(row.tx_compressed == stats.tx_compressed);
  CHECK(row.rx_nohandler == stats.rx_nohandler);
  CHECK(row.rx_otherhost_dropped == load_value<std::uint64_t>(bytes, 24 * sizeof(std::uint64_t)));
}

TEST_CASE("an interface has other names, a link to another one and a group", "[recorder]") {
  ifinfomsg header{};
  header.ifi_index = 9;
  const auto altnames = NetlinkBuilder()
                          .attribute_text(IFLA_ALT_IFNAME, std::string_view("uplink\0", 7))
                          .attribute_text(IFLA_ALT_IFNAME, std::string_view("enp1s0-very-long-name\0", 22))
                          .bytes();
  const auto message = [&](std::uint32_t link, std::span<const std::byte> names) {
    return NetlinkBuilder()
      .value(header)
      .attribute_text(IFLA_IFNAME, std::string_view("g1\0", 3))
      .attribute_value(IFLA_LINK, link)
      .attribute_value(IFLA_LINK_NETNSID, std::int32_t{0})
      .attribute_value(IFLA_GROUP, std::uint32_t{7})
      .attribute_value(IFLA_LINKMODE, std::uint8_t{1})
      .attribute(IFLA_PROP_LIST | NLA_F_NESTED, names)
      .bytes();
  };
  const Interface row = parse_link(message(5, altnames)).value().row;
  CHECK(row.altnames == "uplink enp1s0-very-long-name");
  CHECK(row.link_index == 5U);
  CHECK(row.link_netnsid == 0);
  CHECK(row.group == 7U);
  CHECK(row.link_mode == CarrierMode::dormant);
  const Interface bare = parse_link(message(0, {})).value().row;
  CHECK_FALSE(bare.altnames);
  CHECK_FALSE(bare.link_index);
  CHECK_FALSE(parse_link(message(5, cut(altnames, altnames.size() - 6))));
}

TEST_CASE("statistics of an older kernel are shorter, of a newer one longer", "[recorder]") {
  CHECK_FALSE(parse_link(link_message(9, "g1", 23)).value().row.rx_nohandler);
  CHECK(parse_link(link_message(9, "g1", 40)).value().row.rx_nohandler == 24U);
  CHECK_FALSE(parse_link(link_message(9, "g1", 22)));
  CHECK_FALSE(parse_link(link_message(9, "g1", 0)).value().has_statistics);
}

TEST_CASE("a link message cut at any byte is refused or a shorter one", "[recorder]") {
  const auto message = link_message(9, "g1", 24, 4);
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto link = parse_link(cut(message, size));
    CHECK((!link || (link->row.name == "g1" && !link->has_statistics) || size + 8 >= message.size()));
  }
  ifinfomsg header{};
  header.ifi_index = 1;
  CHECK_FALSE(parse_link(bytes_of(header))); // no name
  CHECK_FALSE(parse_link(link_message(0, "g1", 24)));
  CHECK_FALSE(parse_link(link_message(-1, "g1", 24)));
  const auto short_number =
    NetlinkBuilder().value(header).attribute_text(IFLA_IFNAME, "g1").attribute_value(IFLA_MTU, std::uint8_t{1}).bytes();
  CHECK_FALSE(parse_link(short_number));
}

TEST_CASE("a link-layer address of another length is none", "[recorder]") {
  ifinfomsg header{};
  header.ifi_index = 1;
  const auto tunnel = NetlinkBuilder()
                        .value(header)
                        .attribute_text(IFLA_IFNAME, "tun0")
                        .attribute_value(IFLA_ADDRESS, std::uint32_t{0x01020304})
                        .bytes();
  CHECK_FALSE(parse_link(tunnel).value().row.mac);
}

TEST_CASE("interfaces of every layout of /proc/net/dev are read", "[recorder]") {
  const Interface row = parse_line("  eth0:19168693 497 1 2 3 4 5 6 26602 309 7 8 9 10 11 12").value();
  CHECK(row.name == "eth0");
  CHECK(row.ifindex == 0);
  CHECK(row.rx_bytes == 19168693);
  CHECK(row.rx_packets == 497);
  CHECK(row.rx_errors == 1);
  CHECK_FALSE(row.rx_dropped); // a sum
  CHECK(row.rx_fifo_errors == 3U);
  CHECK_FALSE(row.rx_frame_errors); // a sum
  CHECK(row.rx_compressed == 5U);
  CHECK(row.multicast == 6);
  CHECK(row.tx_bytes == 26602);
  CHECK(row.tx_packets == 309);
  CHECK(row.tx_errors == 7);
  CHECK(row.tx_dropped == 8);
  CHECK(row.tx_fifo_errors == 9);
  CHECK(row.collisions == 10);
  CHECK_FALSE(row.tx_carrier_errors); // a sum
  CHECK(row.tx_compressed == 12U);
  CHECK_FALSE(row.flags);
  // Made up after the formats of sprintf_stats() in kernels before 2.2, as net-tools knows them (procnetdev_vsn).
  const Interface v2_0 = parse_line("eth0:1:     100 2 3 4 5 6 700 8 9 10 11 12 13").value();
  CHECK(v2_0.name == "eth0:1");
  CHECK(v2_0.rx_bytes == 100);
  CHECK(v2_0.tx_bytes == 700);
  CHECK(v2_0.collisions == 12);
  CHECK_FALSE(v2_0.multicast);
  CHECK_FALSE(v2_0.rx_compressed);
  const Interface v1 = parse_line(" ppp0: 1 2 3 4 5 6 7 8 9 10 11").value();
  CHECK(v1.rx_packets == 1);
  CHECK(v1.rx_fifo_errors == 4U);
  CHECK(v1.tx_packets == 6);
  CHECK(v1.collisions == 10);
  CHECK_FALSE(v1.rx_bytes);
  CHECK_FALSE(v1.tx_bytes);
  CHECK_FALSE(v1.multicast);
}

TEST_CASE("lines that are no interfaces are refused", "[recorder]") {
  for (const std::string line :
       {"", ":", "eth0", "eth0:", ": 1 2 3 4 5 6 7 8 9 10 11", "eth0: 1 2 3", "a b: 1 2 3 4 5 6 7 8 9 10 11",
        "eth0: 1 2 3 4 5 6 7 8 9 10 -1", "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
        "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 99999999999999999999"}) {
    CAPTURE(line);
    InterfaceRows rows(interfaces);
    CHECK(add_proc_interface(rows, line) == Verdict::rejected);
  }
}

TEST_CASE("interfaces come from netlink with the names of their masters, and the dump is asked for once",
          "[recorder]") {
  FakeSystem system;
  const auto bytes = NetlinkBuilder()
                       .message(RTM_NEWLINK, 0, link_message(2, "br0", 24))
                       .message(RTM_NEWLINK, 0, link_message(3, "v0", 24, 2))
                       .message(RTM_NEWLINK, 0, {})
                       .done()
                       .bytes();
  // Were it asked for again, the second answer would be a refusal.
  system.dumps["rtnetlink-link"] = {{bytes, {}}, {{}, {EPERM, false}}};
  system.dumps["rtnetlink-route-inet"] = {{NetlinkBuilder().done().bytes(), {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("interface");
  CHECK(capture.source == "netlink");
  CHECK(capture.coverage == "link=netlink");
  CHECK(capture.status == CaptureStatus::partial); // one message was empty
  CHECK(capture.rejected == 1);
  const Table& table = *snapshot.find_table("interface");
  REQUIRE(table.size() == 2);
  CHECK_FALSE(row_of(table, 0).master);
  CHECK(row_of(table, 1).master == "br0");
  CHECK(snapshot.find_capture("route")->status == CaptureStatus::complete);
}

TEST_CASE("an interrupted dump of interfaces is read again", "[recorder]") {
  FakeSystem system;
  const auto first = NetlinkBuilder().message(RTM_NEWLINK, 0, link_message(2, "old", 24)).bytes();
  const auto second = NetlinkBuilder().message(RTM_NEWLINK, 0, link_message(2, "new", 24)).bytes();
  system.dumps["rtnetlink-link"] = {{first, {0, true}}, {second, {}}};
  const Snapshot snapshot = record_snapshot(system, {});
  REQUIRE(snapshot.find_table("interface")->size() == 1);
  CHECK(row_of(*snapshot.find_table("interface"), 0).name == "new");
  CHECK(snapshot.find_capture("interface")->status == CaptureStatus::complete);
  system.dumps["rtnetlink-link"] = {{first, {0, true}}};
  CHECK(record_snapshot(system, {}).find_capture("interface")->status == CaptureStatus::partial);
}

TEST_CASE("without counters in netlink's answer the interfaces of /proc/net/dev are taken", "[recorder]") {
  FakeSystem system;
  system.dumps["rtnetlink-link"] = {{NetlinkBuilder().message(RTM_NEWLINK, 0, link_message(2, "g1", 0)).bytes(), {}}};
  CHECK(record_snapshot(system, {}).find_capture("interface")->status == CaptureStatus::absent);
  system.files["/proc/net/dev"] = {0, header_lines + "    g1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\nbad line\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("interface");
  CHECK(capture.source == "proc");
  CHECK(capture.coverage == "link=proc");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.rejected == 1);
  CHECK(capture.example == "bad line");
  CHECK(row_of(*snapshot.find_table("interface"), 0).tx_bytes == 9);
}
