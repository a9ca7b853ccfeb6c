// SPDX-License-Identifier: MIT
// Sockets of links and of the kernel itself: tables packet_socket and netlink_socket.
#include "recorder/readers/link_sockets.h"

#include <catch2/catch.hpp>

#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <array>

#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

using Memory = std::array<std::uint32_t, SK_MEMINFO_VARS>;

const InterfaceNames names{0, {{1, "lo"}, {2, "eth0"}}};

// The kernel's own formats (net/packet/af_packet.c packet_seq_show, net/netlink/af_netlink.c netlink_seq_show).
const std::string packet_heading = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n";
const std::string packet_line = "0000000016a8586d 3      3    88cc   2     1 704    1000   4711  ";
const std::string netlink_heading =
  "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n";
const std::string netlink_line =
  "00000000f3017882 15  4294963151 80000002 832      64       0     2        7        1584    ";

packet_diag_msg packet_message() {
  packet_diag_msg message{};
  message.pdiag_family = AF_PACKET;
  message.pdiag_type = SOCK_RAW;
  message.pdiag_num = 0x88cc;
  message.pdiag_ino = 4711;
  message.pdiag_cookie[0] = 1;
  message.pdiag_cookie[1] = 2;
  return message;
}

netlink_diag_msg netlink_message(std::uint8_t protocol, std::uint32_t port, std::uint32_t inode = 1584) {
  netlink_diag_msg message{};
  message.ndiag_family = AF_NETLINK;
  message.ndiag_type = SOCK_RAW;
  message.ndiag_protocol = protocol;
  message.ndiag_portid = port;
  message.ndiag_ino = inode;
  message.ndiag_cookie[0] = 7;
  return message;
}

template <typename Message>
std::vector<std::byte> bytes_of(const Message& message) {
  return NetlinkBuilder().value(message).bytes();
}

} // namespace

TEST_CASE("a packet socket is read from a packet_diag message", "[recorder]") {
  const packet_diag_info info{2, 2, 0, 0, 0, PDI_RUNNING | PDI_AUXDATA};
  const packet_diag_ring ring{65536, 16, 2048, 512, 0, 0, 0};
  const auto bytes = NetlinkBuilder()
                       .value(packet_message())
                       .attribute_value(PACKET_DIAG_INFO, info)
                       .attribute_value(PACKET_DIAG_UID, std::uint32_t{1000})
                       .attribute_value(PACKET_DIAG_RX_RING, ring)
                       .attribute_value(PACKET_DIAG_FANOUT, std::uint32_t{0x10007})
                       .attribute_value(PACKET_DIAG_MEMINFO, Memory{704, 212992, 64, 212992, 0, 0, 0, 0, 9})
                       .bytes();
  PacketRows rows(packet_sockets);
  REQUIRE(add_packet_message(rows, bytes, names) == Verdict::kept);
  const PacketSocket row = packet_sockets.row(std::move(rows).build(), 0);
  CHECK(row.type == PacketType::raw);
  CHECK(row.protocol == 0x88cc);
  CHECK(row.interface == "eth0");
  CHECK(row.cookie == 0x200000001ULL);
  CHECK(row.inode == 4711);
  CHECK(row.running);
  CHECK(row.recv_memory == 704);
  CHECK(row.send_memory == 64U);
  CHECK(row.uid == 1000);
  CHECK(row.ring_bytes == 1048576U);
  CHECK(row.fanout == 0x10007U);
  CHECK(row.drops == 9U);
}

TEST_CASE("a packet socket is read from a line of /proc/net/packet", "[recorder]") {
  PacketRows rows(packet_sockets);
  REQUIRE(add_proc_packet(rows, packet_line, names) == Verdict::kept);
  PacketRows nameless(packet_sockets);
  REQUIRE(add_proc_packet(nameless, packet_line, {}) == Verdict::kept);
  CHECK(packet_sockets.row(std::move(nameless).build(), 0).interface == "if2");
  CHECK(add_proc_packet(rows, "0000000016a8586d 3      3    88cc   2     1 704", names) == Verdict::rejected);
  CHECK(add_proc_packet(rows, "sk RefCnt Type Proto Iface R Rmem User Inode", names) == Verdict::rejected);
  const Table table = std::move(rows).build();
  REQUIRE(table.size() == 1);
  const PacketSocket row = packet_sockets.row(table, 0);
  CHECK(row.protocol == 0x88cc);
  CHECK(row.interface == "eth0");
  CHECK(row.running);
  CHECK(row.recv_memory == 704);
  CHECK(row.uid == 1000);
  CHECK(row.inode == 4711);
  CHECK(row.references == 3U);
  CHECK_FALSE(row.drops);
}

TEST_CASE("a netlink socket is read from a netlink_diag message, with groups beyond 32", "[recorder]") {
  // Groups 2, 32, 33 and 64, in the kernel's map of longs.
  const std::array<unsigned long, 1> groups = {1UL << 1U | 1UL << 31U | 1UL << 32U | 1UL << 63U};
  const auto bytes = NetlinkBuilder()
                       .value(netlink_message(15, 4294963151U))
                       .attribute_value(NETLINK_DIAG_MEMINFO, Memory{832, 0, 64, 0, 0, 0, 0, 0, 7})
                       .attribute_value(NETLINK_DIAG_GROUPS, groups)
                       .bytes();
  NetlinkRows rows(netlink_sockets);
  REQUIRE(add_netlink_message(rows, bytes, 0) == Verdict::kept);
  const NetlinkSocket row = netlink_sockets.row(std::move(rows).build(), 0);
  CHECK(row.protocol == NetlinkProtocol::kobject_uevent);
  CHECK(row.port == 4294963151U);
  CHECK(row.inode == 1584);
  CHECK(row.cookie == 7ULL);
  CHECK_FALSE(row.peer_port);
  CHECK(row.groups == 0x80000002U);
  CHECK(row.further_groups == "33,64");
  CHECK(row.recv_memory == 832);
  CHECK(row.send_memory == 64);
  CHECK(row.drops == 7U);
}

TEST_CASE("a netlink socket is read from a line of /proc/net/netlink, with a port of either sign", "[recorder]") {
  NetlinkRows rows(netlink_sockets);
  REQUIRE(add_proc_netlink(rows, netlink_line) == Verdict::kept);
  const std::string old_line = "ffff88007c4c5800 15  -4145  80000002 832      64       (null) 2        7        1584";
  REQUIRE(add_proc_netlink(rows, old_line) == Verdict::kept);
  CHECK(add_proc_netlink(rows, netlink_line.substr(0, 60)) == Verdict::rejected);
  CHECK(add_proc_netlink(rows, "00000000f3017882 15  4294967296 00000002 0 0 0 2 0 1584") == Verdict::rejected);
  const Table table = std::move(rows).build();
  REQUIRE(table.size() == 2);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const NetlinkSocket row = netlink_sockets.row(table, i);
    CHECK(row.protocol == NetlinkProtocol::kobject_uevent);
    CHECK(row.port == 4294963151U);
    CHECK(row.groups == 0x80000002U);
    CHECK(row.recv_memory == 832);
    CHECK(row.send_memory == 64);
    CHECK(row.references == 2U);
    CHECK(row.drops == 7U);
    CHECK(row.inode == 1584);
  }
}

TEST_CASE("messages of packet_diag and netlink_diag cut at any byte are refused or read within their bytes",
          "[recorder]") {
  const auto packet = NetlinkBuilder()
                        .value(packet_message())
                        .attribute_value(PACKET_DIAG_MEMINFO, Memory{704, 0, 64, 0, 0, 0, 0, 0, 9})
                        .bytes();
  const auto netlink =
    NetlinkBuilder().value(netlink_message(0, 612)).attribute_value(NETLINK_DIAG_GROUPS, std::uint64_t{1}).bytes();
  for (std::size_t size = 0; size < packet.size(); ++size) {
    PacketRows rows(packet_sockets);
    CHECK((add_packet_message(rows, cut(packet, size), names) == Verdict::kept) == (size >= sizeof(packet_diag_msg)));
    CHECK((rows.size() == 0 || packet_sockets.row(std::move(rows).build(), 0).recv_memory == 0));
  }
  for (std::size_t size = 0; size < netlink.size(); ++size) {
    NetlinkRows rows(netlink_sockets);
    CHECK((add_netlink_message(rows, cut(netlink, size), 0) == Verdict::kept) == (size >= sizeof(netlink_diag_msg)));
    CHECK((rows.size() == 0 || netlink_sockets.row(std::move(rows).build(), 0).groups == 0));
  }
}

TEST_CASE("a snapshot has packet and netlink sockets with their owners, and not the one that the dump was asked on",
          "[recorder]") {
  FakeSystem system;
  const packet_diag_info info{0, 2, 0, 0, 0, 0};
  const auto packet = NetlinkBuilder().value(packet_message()).attribute_value(PACKET_DIAG_INFO, info).bytes();
  system.dumps["sock_diag-packet"] = {{NetlinkBuilder().message(SOCK_DIAG_BY_FAMILY, 2, packet).done().bytes(), {}}};
  constexpr std::uint32_t own_port = 4242;
  NetlinkBuilder replies;
  for (const auto& message : {bytes_of(netlink_message(0, 612, 1584)), bytes_of(netlink_message(4, own_port, 99)),
                              bytes_of(netlink_message(0, own_port, 98)), bytes_of(netlink_message(4, 77, 97))}) {
    const nlmsghdr header{static_cast<std::uint32_t>(sizeof(nlmsghdr) + message.size()), SOCK_DIAG_BY_FAMILY, 2, 1,
                          own_port};
    replies.value(header).raw(message);
  }
  system.dumps["sock_diag-netlink"] = {{replies.done().bytes(), {}}};
  system.owners.sockets = {{4711, 23, 5}, {1584, 24, 3}};
  const Snapshot snapshot = record_snapshot(system, {});

  const Table& packets = *snapshot.find_table("packet_socket");
  REQUIRE(packets.size() == 1);
  CHECK(packet_sockets.row(packets, 0).pid == 23U);
  CHECK(packet_sockets.row(packets, 0).fd == 5U);
  CHECK_FALSE(packet_sockets.row(packets, 0).interface);
  CHECK(snapshot.find_capture("packet_socket")->coverage == "packet=netlink owners=complete");

  const Table& table = *snapshot.find_table("netlink_socket");
  REQUIRE(table.size() == 3);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const NetlinkSocket row = netlink_sockets.row(table, i);
    CHECK(row.inode != 99);
    CHECK(row.pid == (row.inode == 1584 ? std::optional(24U) : std::nullopt));
  }
  CHECK(snapshot.find_capture("netlink_socket")->skipped == 0);
}

TEST_CASE("without netlink the files tell packet and netlink sockets", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/packet"] = {0, packet_heading + packet_line + "\n"};
  system.files["/proc/net/netlink"] = {0, netlink_heading + netlink_line + "\n" + "nonsense\n"};
  const Snapshot snapshot = record_snapshot(system, {});
  CHECK(snapshot.find_table("packet_socket")->size() == 1);
  CHECK(snapshot.find_capture("packet_socket")->source == "proc");
  CHECK(snapshot.find_table("netlink_socket")->size() == 1);
  const Capture& capture = *snapshot.find_capture("netlink_socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.rejected == 1);
  CHECK(capture.example == "nonsense");

  const FakeSystem nothing;
  const Snapshot empty = record_snapshot(nothing, {});
  CHECK(empty.find_table("packet_socket") == nullptr);
  CHECK(empty.find_capture("packet_socket")->status == CaptureStatus::absent);
  CHECK(empty.find_capture("netlink_socket")->status == CaptureStatus::absent);
}
