// SPDX-License-Identifier: MIT
// Sockets that ss knows and /proc does not, in table other_socket. The messages are made from the kernel's structs
// (include/uapi/linux/{vm_sockets,xdp,tipc_sockets,smc}_diag.h): few kernels can dump these families.
#include "recorder/readers/family_diag.h"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/tipc_netlink.h>
#include <linux/tipc_sockets_diag.h>
#include <linux/vm_sockets.h>
#include <linux/vm_sockets_diag.h>
#include <linux/xdp_diag.h>
#include <sys/socket.h>

#include <array>

#include "recorder/netlink_message.h"
#include "recorder/recorder.h"
#include "tests/recorder/fake_system.h"
#include "tests/recorder/netlink_builder.h"

using namespace hindstat;
using namespace hindstat::test;

namespace {

constexpr std::uint8_t af_smc = 43;

const InterfaceNames names{0, {{1, "lo"}, {2, "eth0"}}};

vsock_diag_msg vsock_message() {
  vsock_diag_msg message{};
  message.vdiag_family = AF_VSOCK;
  message.vdiag_type = SOCK_STREAM;
  message.vdiag_state = 1;
  message.vdiag_src_cid = 2;
  message.vdiag_src_port = 1024;
  message.vdiag_dst_cid = 42;
  message.vdiag_dst_port = 5000;
  message.vdiag_ino = 4711;
  message.vdiag_cookie[0] = 1;
  message.vdiag_cookie[1] = 2;
  return message;
}

std::vector<std::byte> xdp_bytes() {
  xdp_diag_msg message{};
  message.xdiag_family = AF_XDP;
  message.xdiag_type = SOCK_RAW;
  message.xdiag_ino = 4712;
  message.xdiag_cookie[0] = 3;
  const xdp_diag_umem umem{8'388'608, 7, 2048, 4096, 256, 2, 3, XDP_DU_F_ZEROCOPY, 1};
  const std::array<std::uint32_t, SK_MEMINFO_VARS> memory{64, 212992, 128, 212992};
  return NetlinkBuilder()
    .value(message)
    .attribute_value(XDP_DIAG_INFO, xdp_diag_info{2, 3})
    .attribute_value(XDP_DIAG_UID, std::uint32_t{1000})
    .attribute_value(XDP_DIAG_RX_RING, xdp_diag_ring{2048})
    .attribute_value(XDP_DIAG_UMEM, umem)
    .attribute_value(XDP_DIAG_UMEM_FILL_RING, xdp_diag_ring{1024})
    .attribute_value(XDP_DIAG_MEMINFO, memory)
    .attribute_value(XDP_DIAG_STATS, xdp_diag_stats{9, 0, 0, 0, 0, 0})
    .bytes();
}

std::vector<std::byte> tipc_bytes() {
  const auto peer = NetlinkBuilder()
                      .attribute_value(TIPC_NLA_CON_NODE, std::uint32_t{16781313})
                      .attribute_value(TIPC_NLA_CON_SOCK, std::uint32_t{77})
                      .attribute_value(TIPC_NLA_CON_TYPE, std::uint32_t{18888})
                      .attribute_value(TIPC_NLA_CON_INST, std::uint32_t{17})
                      .bytes();
  const auto levels = NetlinkBuilder()
                        .attribute_value(TIPC_NLA_SOCK_STAT_RCVQ, std::uint32_t{4})
                        .attribute_value(TIPC_NLA_SOCK_STAT_SENDQ, std::uint32_t{5})
                        .attribute_value(TIPC_NLA_SOCK_STAT_DROP, std::uint32_t{6})
                        .bytes();
  const auto socket = NetlinkBuilder()
                        .attribute_value(TIPC_NLA_SOCK_REF, std::uint32_t{3117})
                        .attribute_value(TIPC_NLA_SOCK_ADDR, std::uint32_t{16781314})
                        .attribute(TIPC_NLA_SOCK_CON, peer)
                        .attribute_value(TIPC_NLA_SOCK_TYPE, std::uint32_t{SOCK_SEQPACKET})
                        .attribute_value(TIPC_NLA_SOCK_TIPC_STATE, std::uint32_t{1})
                        .attribute_value(TIPC_NLA_SOCK_INO, std::uint32_t{4713})
                        .attribute_value(TIPC_NLA_SOCK_UID, std::uint32_t{0})
                        .attribute_value(TIPC_NLA_SOCK_COOKIE, std::uint64_t{0x200000003})
                        .attribute(TIPC_NLA_SOCK_STAT, levels)
                        .bytes();
  return NetlinkBuilder().attribute(TIPC_NLA_SOCK, socket).bytes();
}

smc_diag_msg smc_message() {
  smc_diag_msg message{};
  message.diag_family = af_smc;
  message.diag_state = 20;
  message.diag_mode = SMC_DIAG_MODE_FALLBACK_TCP;
  message.id.idiag_sport = htons(443);
  message.id.idiag_dport = htons(41000);
  message.id.idiag_src[0] = htonl(0x0a000005);
  message.id.idiag_dst[0] = htonl(0x0a000902);
  message.id.idiag_if = 2;
  message.id.idiag_cookie[0] = 4;
  message.diag_uid = 33;
  message.diag_inode = 4714;
  return message;
}

template <typename Add>
OtherSocket row_of(Add&& add) {
  OtherSocketRows rows(other_sockets);
  REQUIRE(add(rows) == Verdict::kept);
  return other_sockets.row(std::move(rows).build(), 0);
}

FakeDump reply(std::initializer_list<std::vector<std::byte>> messages) {
  NetlinkBuilder builder;
  for (const auto& message : messages) {
    builder.message(SOCK_DIAG_BY_FAMILY, NLM_F_MULTI, message);
  }
  return {builder.done().bytes(), {}};
}

} // namespace

TEST_CASE("a vsock socket is read from its message; any address and any port are null", "[recorder]") {
  const auto bytes = NetlinkBuilder().value(vsock_message()).bytes();
  const OtherSocket row = row_of([&](auto& rows) { return add_vsock_message(rows, bytes); });
  CHECK(row.family == OtherFamily::vsock);
  CHECK(row.local_address == "2");
  CHECK(row.local_port == 1024U);
  CHECK(row.remote_address == "42");
  CHECK(row.remote_port == 5000U);
  CHECK(row.state == OtherState::established);
  CHECK(row.type == OtherType::stream);
  CHECK(row.inode == 4711);
  CHECK(row.cookie == 0x200000001ULL);

  vsock_diag_msg listener = vsock_message();
  listener.vdiag_state = 10;
  listener.vdiag_src_cid = VMADDR_CID_ANY;
  listener.vdiag_dst_cid = VMADDR_CID_ANY;
  listener.vdiag_dst_port = VMADDR_PORT_ANY;
  const auto listening = NetlinkBuilder().value(listener).bytes();
  const OtherSocket other = row_of([&](auto& rows) { return add_vsock_message(rows, listening); });
  CHECK(other.state == OtherState::listen);
  CHECK_FALSE(other.local_address);
  CHECK_FALSE(other.remote_address);
  CHECK_FALSE(other.remote_port);
}

TEST_CASE("an XDP socket is read with its queue, rings and memory", "[recorder]") {
  const auto bytes = xdp_bytes();
  const OtherSocket row = row_of([&](auto& rows) { return add_xdp_message(rows, bytes, names); });
  CHECK(row.family == OtherFamily::xdp);
  CHECK(row.local_address == "eth0");
  CHECK(row.interface == "eth0");
  CHECK(row.local_port == 3U);
  CHECK(row.uid == 1000U);
  CHECK(row.recv_queue == 64U);
  CHECK(row.send_queue == 128U);
  CHECK(row.drops == 9U);
  CHECK(row.details == "rx=2048 umem=7 size=8388608 pages=2048 chunk=4096 headroom=256 zerocopy=1 fill=1024");
  CHECK(row.inode == 4712);
}

TEST_CASE("a TIPC socket is read from attributes alone", "[recorder]") {
  const auto bytes = tipc_bytes();
  const OtherSocket row = row_of([&](auto& rows) { return add_tipc_message(rows, bytes); });
  CHECK(row.local_address == "16781314");
  CHECK(row.local_port == 3117U);
  CHECK(row.remote_address == "16781313");
  CHECK(row.remote_port == 77U);
  CHECK(row.details == "type=18888 instance=17");
  CHECK(row.state == OtherState::established);
  CHECK(row.type == OtherType::seqpacket);
  CHECK(row.recv_queue == 4U);
  CHECK(row.send_queue == 5U);
  CHECK(row.drops == 6U);
  CHECK(row.uid == 0U);
  CHECK(row.inode == 4713);
  CHECK(row.cookie == 0x200000003ULL);
}

TEST_CASE("an SMC socket is read with the mode it fell back to", "[recorder]") {
  const auto bytes = NetlinkBuilder().value(smc_message()).bytes();
  const OtherSocket row = row_of([&](auto& rows) { return add_smc_message(rows, bytes, names); });
  CHECK(row.local_address == "10.0.0.5");
  CHECK(row.local_port == 443U);
  CHECK(row.remote_address == "10.0.9.2");
  CHECK(row.remote_port == 41000U);
  CHECK(row.state == OtherState::smc_peer_close_wait1);
  CHECK(row.mode == "TCP");
  CHECK(row.interface == "eth0");
  CHECK(row.uid == 33U);
  CHECK(row.inode == 4714);

  smc_diag_msg v6 = smc_message();
  v6.id.idiag_src[0] = htonl(0xfd770001);
  v6.id.idiag_src[3] = htonl(2);
  v6.id.idiag_dport = 0;
  v6.diag_state = 10;
  const auto listening = NetlinkBuilder().value(v6).bytes();
  const OtherSocket other = row_of([&](auto& rows) { return add_smc_message(rows, listening, names); });
  CHECK(other.local_address == "fd77:1::2");
  CHECK_FALSE(other.remote_address);
  CHECK(other.state == OtherState::listen);
}

TEST_CASE("messages of these families cut at any byte are refused or lack what was cut", "[recorder]") {
  const auto vsock = NetlinkBuilder().value(vsock_message()).bytes();
  const auto smc = NetlinkBuilder().value(smc_message()).bytes();
  const auto xdp = xdp_bytes();
  const auto tipc = tipc_bytes();
  OtherSocketRows rows(other_sockets);
  for (std::size_t size = 0; size < vsock.size(); ++size) {
    CHECK(add_vsock_message(rows, cut(vsock, size)) == Verdict::rejected);
  }
  for (std::size_t size = 0; size < smc.size(); ++size) {
    CHECK(add_smc_message(rows, cut(smc, size), names) == Verdict::rejected);
  }
  for (std::size_t size = 0; size < xdp.size(); ++size) {
    const Verdict verdict = add_xdp_message(rows, cut(xdp, size), names);
    CHECK(verdict == (size < sizeof(xdp_diag_msg) ? Verdict::rejected : Verdict::kept));
  }
  for (std::size_t size = 0; size < tipc.size(); ++size) {
    CHECK(add_tipc_message(rows, cut(tipc, size)) == Verdict::rejected); // The nest is not whole.
  }
  CHECK(add_vsock_message(rows, xdp) == Verdict::rejected);
  CHECK(add_xdp_message(rows, vsock, names) == Verdict::rejected);
  CHECK(add_smc_message(rows, xdp, names) == Verdict::rejected);
}

TEST_CASE("requests ask for every socket of their family", "[recorder]") {
  const auto vsock = load_value<vsock_diag_req>(vsock_diag_request());
  CHECK(vsock->sdiag_family == AF_VSOCK);
  CHECK(vsock->vdiag_states == ~0U);
  const auto xdp = load_value<xdp_diag_req>(xdp_diag_request());
  CHECK(xdp->sdiag_family == AF_XDP);
  CHECK((xdp->xdiag_show & XDP_SHOW_INFO) != 0);
  const auto tipc = load_value<tipc_sock_diag_req>(tipc_diag_request());
  CHECK(tipc->sdiag_family == AF_TIPC);
  CHECK(tipc->tidiag_states == ~0U);
  CHECK(load_value<smc_diag_req>(smc_diag_request())->diag_family == af_smc);
}

TEST_CASE("families that the kernel dumps are rows with owners, and the coverage names only these", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-vsock"] = {reply({NetlinkBuilder().value(vsock_message()).bytes()})};
  system.dumps["sock_diag-tipc"] = {reply({tipc_bytes()})};
  system.owners.sockets = {{4711, 812, 7}, {4713, 900, 3}};
  const Snapshot snapshot = record_snapshot(system, {});
  const Capture& capture = *snapshot.find_capture("other_socket");
  CHECK(capture.status == CaptureStatus::complete);
  CHECK(capture.coverage == "vsock=netlink tipc=netlink owners=complete");
  const Table& table = *snapshot.find_table("other_socket");
  REQUIRE(table.size() == 2);
  CHECK(other_sockets.row(table, 0).pid == 812U);
  CHECK(other_sockets.row(table, 1).pid == 900U);
  CHECK(other_sockets.row(table, 1).fd == 3U);
}

TEST_CASE("a kernel without any of these families is one absent table", "[recorder]") {
  const Snapshot snapshot = record_snapshot(FakeSystem(), {});
  const Capture& capture = *snapshot.find_capture("other_socket");
  CHECK(capture.status == CaptureStatus::absent);
  CHECK(capture.detail == "neither sock_diag nor /proc/net has any of its families: No such file or directory");
  CHECK(snapshot.find_table("other_socket") == nullptr);
  CHECK(snapshot.find_capture("other_route")->status == CaptureStatus::absent);
}

TEST_CASE("a family that is refused is a doubt, and the others are kept", "[recorder]") {
  FakeSystem system;
  system.dumps["sock_diag-vsock"] = {reply({NetlinkBuilder().value(vsock_message()).bytes()})};
  system.dumps["sock_diag-xdp"] = {FakeDump{{}, {EPERM, false}}};
  const Capture capture = *record_snapshot(system, {}).find_capture("other_socket");
  CHECK(capture.status == CaptureStatus::partial);
  CHECK(capture.detail == "xdp not readable: Operation not permitted (it needs root or CAP_NET_ADMIN)");
  CHECK(capture.rows == 1);
}
