// SPDX-License-Identifier: MIT
// Families that few kernels have, in tables other_socket and other_route. The texts are made from the kernel's own
// printf formats (net/ax25/af_ax25.c, net/netrom/af_netrom.c, net/rose/af_rose.c, net/x25/x25_proc.c,
// net/ipx/ipx_proc.c, net/appletalk/atalk_proc.c, net/bluetooth), not recorded.
#include "recorder/readers/proc_net_families.h"

#include <catch2/catch.hpp>

#include "recorder/readers/bluetooth_sockets.h"
#include "recorder/recorder.h"
#include "tests/recorder/family_files.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

std::vector<OtherSocket> sockets_of(const Snapshot& snapshot, OtherFamily family) {
  std::vector<OtherSocket> rows;
  const Table& table = *snapshot.find_table("other_socket");
  for (std::size_t i = 0; i < table.size(); ++i) {
    OtherSocket row = other_sockets.row(table, i);
    if (row.family == family) {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

/// Each length at which a cut of `line` is taken, and the verdict on the whole.
template <typename Add>
std::pair<std::size_t, Verdict> shortest_kept(const std::string& line, Add&& add) {
  OtherSocketRows rows(other_sockets);
  std::size_t shortest = line.size();
  for (std::size_t size = line.size(); size > 0; --size) {
    if (add(rows, std::string_view(line).substr(0, size)) == Verdict::kept) {
      shortest = size;
    }
  }
  return {shortest, add(rows, line)};
}

} // namespace

TEST_CASE("AX.25 connections are read with their digipeaters, with and without a socket", "[recorder]") {
  const auto rows = sockets_of(record_snapshot(WithFamilies(), {}), OtherFamily::ax25);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].local_address == "G4KLX-1");
  CHECK(rows[0].remote_address == "GB7BPQ-2");
  CHECK(rows[0].via == "GB7CIP*,GB7XYZ");
  CHECK(rows[0].interface == "ax0");
  CHECK(rows[0].state == OtherState::established);
  CHECK(rows[0].next_sent == std::uint8_t{5});
  CHECK(rows[0].next_received == std::uint8_t{2});
  CHECK(rows[0].send_queue == 3U);
  CHECK(rows[0].recv_queue == 12U);
  CHECK(rows[0].inode == 4711);
  CHECK(rows[0].pid == 812U);
  CHECK_FALSE(rows[1].interface);
  CHECK(rows[1].details == "digipeater");
  CHECK_FALSE(rows[1].send_queue);
  CHECK(rows[1].inode == 0);
  CHECK_FALSE(rows[2].remote_address);
  CHECK(rows[2].state == OtherState::listen);
}

TEST_CASE("AX.25 of Linux 2.0 is told by its heading", "[recorder]") {
  OtherSocketRows rows(other_sockets);
  Ax25Lines lines;
  CHECK(lines.add(rows,
                  "dest_addr  src_addr   dev  st vs vr va    t1     t2      t3      idle   n2  rtt wnd paclen   Snd-Q "
                  "Rcv-Q Inode")
        == Verdict::heading);
  CHECK(lines.add(rows,
                  "GB7BPQ-2  G4KLX-1   ax0   3  5  2  5   0/010 00/03 120/300 000/000 00/10   5   2    256     3    12 "
                  "4711")
        == Verdict::kept);
  CHECK(lines.add(rows, "GB7BPQ-2  G4KLX-1   ax0   3  5  2  5   0/010 00/03 120/300 000/000 00/10   5   2    256")
        == Verdict::kept);
  const Table table = std::move(rows).build();
  CHECK(other_sockets.row(table, 0).inode == 4711);
  CHECK(other_sockets.row(table, 0).remote_address == "GB7BPQ-2");
  CHECK(other_sockets.row(table, 1).inode == 0);
}

TEST_CASE("NET/ROM, ROSE and X.25 are read with their states and circuits", "[recorder]") {
  const Snapshot snapshot = record_snapshot(WithFamilies(), {});
  const auto netrom = sockets_of(snapshot, OtherFamily::netrom);
  REQUIRE(netrom.size() == 2);
  CHECK(netrom[0].local_call == "G4KLX-1");
  CHECK(netrom[0].remote_address == "GB7BPQ-2");
  CHECK(netrom[0].local_address == "GB7CIP");
  CHECK(netrom[0].state == OtherState::connecting);
  CHECK(netrom[0].inode == 4713);
  CHECK_FALSE(netrom[1].remote_address);
  CHECK_FALSE(netrom[1].local_call);
  const auto rose = sockets_of(snapshot, OtherFamily::rose);
  REQUIRE(rose.size() == 2);
  CHECK(rose[0].remote_address == "2080175524");
  CHECK(rose[0].remote_call == "GB7BPQ-2");
  CHECK(rose[0].local_call == "G4KLX-1");
  CHECK(rose[0].channel == 0xA1U);
  CHECK(rose[0].neighbour == 1U);
  CHECK_FALSE(rose[1].local_call);
  CHECK_FALSE(rose[1].remote_call);
  const auto x25 = sockets_of(snapshot, OtherFamily::x25);
  REQUIRE(x25.size() == 2);
  CHECK(x25[0].remote_address == "31211234");
  CHECK(x25[0].interface == "x25tap0");
  CHECK(x25[0].channel == 10U);
  CHECK(x25[0].state == OtherState::established);
  CHECK(x25[0].inode == 4717);
  CHECK(x25[1].channel == 0U);
}

TEST_CASE("IPX and AppleTalk sockets have a network, a node and a port", "[recorder]") {
  const Snapshot snapshot = record_snapshot(WithFamilies(), {});
  const auto ipx = sockets_of(snapshot, OtherFamily::ipx);
  REQUIRE(ipx.size() == 2);
  CHECK(ipx[0].local_address == "00001234:000000000001");
  CHECK(ipx[0].local_port == 0x4003U);
  CHECK(ipx[0].remote_address == "00005678:00AABBCCDDEE");
  CHECK(ipx[0].remote_port == 0x0451U);
  CHECK(ipx[0].recv_queue == 0x10U);
  CHECK(ipx[0].state == OtherState::established);
  CHECK_FALSE(ipx[1].remote_address);
  CHECK(ipx[1].uid == 1000U);
  const auto ddp = sockets_of(snapshot, OtherFamily::ddp);
  REQUIRE(ddp.size() == 1);
  CHECK(ddp[0].local_address == "FF00:01");
  CHECK(ddp[0].local_port == 0x80U);
  CHECK_FALSE(ddp[0].remote_address);
  CHECK(ddp[0].type == OtherType::dgram);
  CHECK(ddp[0].state == OtherState::unconnected);
}

TEST_CASE("Bluetooth is read from debugfs, else from /proc/net", "[recorder]") {
  const Snapshot snapshot = record_snapshot(WithFamilies(), {});
  const auto l2cap = sockets_of(snapshot, OtherFamily::l2cap);
  REQUIRE(l2cap.size() == 2);
  CHECK(l2cap[0].local_address == "00:1a:7d:da:71:13");
  CHECK(l2cap[0].remote_address == "ac:de:48:00:11:22");
  CHECK(l2cap[0].state == OtherState::established);
  CHECK(l2cap[0].channel == 25U);
  CHECK(l2cap[0].local_port == 0x41U);
  CHECK(l2cap[0].remote_port == 0x43U);
  CHECK(l2cap[0].recv_mtu == 672U);
  CHECK(l2cap[0].send_mtu == 1024U);
  CHECK(l2cap[0].security == 2U);
  CHECK(l2cap[0].mode == "ERTM");
  CHECK(l2cap[0].details == "types=1,2");
  CHECK_FALSE(l2cap[1].local_address);
  CHECK(l2cap[1].state == OtherState::listen);
  const auto rfcomm = sockets_of(snapshot, OtherFamily::rfcomm);
  REQUIRE(rfcomm.size() == 1);
  CHECK(rfcomm[0].local_address == "00:1a:7d:da:71:13"); // Older kernels print capital letters.
  CHECK(rfcomm[0].channel == 3U);

  WithFamilies without;
  without.files.erase("/sys/kernel/debug/bluetooth/l2cap");
  const auto proc = sockets_of(record_snapshot(without, {}), OtherFamily::l2cap);
  REQUIRE(proc.size() == 1);
  CHECK(proc[0].inode == 4720);
  CHECK(proc[0].uid == 1000U);
  CHECK_FALSE(proc[0].state);
  CHECK(proc[0].pid == 900U);

  without.files.erase("/proc/net/l2cap");
  without.files["/sys/kernel/debug/bluetooth/l2cap"] = {EACCES, {}};
  const Snapshot denied = record_snapshot(without, {});
  CHECK(denied.find_capture("other_socket")->status == CaptureStatus::complete); // No /proc/net/l2cap: no Bluetooth.
  CHECK(denied.find_capture("other_socket")->coverage.find("l2cap") == std::string::npos);
}

TEST_CASE("L2CAP lines of all three layouts are understood", "[recorder]") {
  OtherSocketRows rows(other_sockets);
  CHECK(add_l2cap_line(rows, "00:1A:7D:DA:71:13 AC:DE:48:00:11:22 1 25 0x0041 0x0043 672 1024 2 0") == Verdict::kept);
  CHECK(add_l2cap_line(rows, "00:1a:7d:da:71:13 (1) ac:de:48:00:11:22 (2) 1 25 0x0041 0x0043 672 1024 9 129")
        == Verdict::kept);
  CHECK(add_l2cap_line(rows, "00:1a:7d:da:71 ac:de:48:00:11:22 1 25 0x0041 0x0043 672 1024 2 0") == Verdict::rejected);
  CHECK(add_l2cap_line(rows, "00:1a:7d:da:71:13 ac:de:48:00:11:22 1 25 0041 0x0043 672 1024 2 0") == Verdict::rejected);
  CHECK(add_l2cap_line(rows, "00:1a:7d:da:71:13 ac:de:48:00:11:2g 1 25 0x0041 0x0043 672 1024 2 0")
        == Verdict::rejected);
  CHECK(add_l2cap_line(rows, "") == Verdict::rejected);
}

TEST_CASE("routes of IPX, AppleTalk and X.25 are read from either of their files", "[recorder]") {
  for (const bool old : {false, true}) {
    WithFamilies system;
    if (old) {
      system.files["/proc/net/ipx_route"] = system.files.at("/proc/net/ipx/route");
      system.files["/proc/net/atalk_route"] = system.files.at("/proc/net/atalk/route");
      system.files.erase("/proc/net/ipx/route");
      system.files.erase("/proc/net/atalk/route");
    }
    const Snapshot snapshot = record_snapshot(system, {});
    CHECK(snapshot.find_capture("other_route")->coverage == "ipx=proc ddp=proc x25=proc");
    const Table& table = *snapshot.find_table("other_route");
    REQUIRE(table.size() == 5);
    CHECK(other_routes.row(table, 0).destination == "00001234");
    CHECK_FALSE(other_routes.row(table, 0).gateway);
    CHECK(other_routes.row(table, 1).gateway == "00001234:00AABBCCDDEE");
    CHECK_FALSE(other_routes.row(table, 2).gateway);
    CHECK(other_routes.row(table, 3).gateway == "FF00:05");
    CHECK(other_routes.row(table, 3).flags == FlagSet<OtherRouteFlag>(3));
    CHECK(other_routes.row(table, 4).digits == 4U);
    CHECK(other_routes.row(table, 4).interface == "x25tap0");
  }
}

TEST_CASE("every family in one kernel is a word of the coverage, and nothing is rejected", "[recorder]") {
  const Capture capture = *record_snapshot(WithFamilies(), {}).find_capture("other_socket");
  CHECK(capture.coverage
        == "ax25=proc netrom=proc rose=proc x25=proc ipx=proc ddp=proc l2cap=proc rfcomm=proc owners=complete");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.rejected == 0);
  CHECK(capture.rows == 15);
}

TEST_CASE("the old name of a file is a directory since Linux 2.6, and that is no failure", "[recorder]") {
  FakeSystem system;
  system.files["/proc/net/ipx"] = {EISDIR, {}};
  system.files["/proc/net/ax25"] = {0, ""};
  const Capture capture = *record_snapshot(system, {}).find_capture("other_socket");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage == "ax25=proc owners=complete");
}

TEST_CASE("lines of these families cut at any byte are refused until all but the last number is there", "[recorder]") {
  const auto last_word = [](const std::string& line) { return line.find_last_of(' ') + 2; };
  const std::vector<std::pair<std::string, Verdict (*)(OtherSocketRows&, std::string_view)>> lines = {
    {first_line(netrom_file, 1), add_netrom_line}, {first_line(rose_file, 1), add_rose_line},
    {first_line(x25_file, 1), add_x25_line},       {first_line(ipx_file, 1), add_ipx_line},
    {first_line(ddp_file, 1), add_ddp_line},       {first_line(l2cap_file, 0), add_l2cap_line},
    {first_line(rfcomm_file, 0), add_rfcomm_line},
  };
  for (const auto& [line, add] : lines) {
    CAPTURE(line);
    const auto [shortest, verdict] = shortest_kept(line, add);
    CHECK(verdict == Verdict::kept);
    CHECK(shortest == last_word(line));
  }
  OtherSocketRows rows(other_sockets);
  for (const std::string_view line : {"", " ", "*", "a b c d e f g h i j k l m n o p q r s t u v w x y z"}) {
    CHECK(Ax25Lines().add(rows, line) == Verdict::rejected);
    CHECK(add_proc_bluetooth_line(rows, line, OtherFamily::rfcomm) == Verdict::rejected);
    for (const auto& entry : lines) {
      CHECK(entry.second(rows, line) == Verdict::rejected);
    }
  }
}
