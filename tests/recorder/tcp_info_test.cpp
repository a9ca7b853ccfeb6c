// SPDX-License-Identifier: MIT
// Table tcp_info: struct tcp_info of any length, and one dump for two tables.
#include "recorder/readers/tcp_info_rows.h"

#include <catch2/catch.hpp>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include <array>

#include "recorder/readers/socket_rows.h"
#include "recorder/recorder.h"
#include "tests/recorder/diag_message.h"
#include "tests/recorder/fake_system.h"

using namespace hindstat;
using namespace hindstat::test;
using namespace std::string_view_literals;

namespace {

constexpr std::uint64_t boottime_ms = 5'000'000;

tcp_info made_info() {
  tcp_info info{};
  info.tcpi_state = 1;
  info.tcpi_ca_state = 4;
  info.tcpi_options = 1 | 2 | 4;
  info.tcpi_snd_wscale = 7;
  info.tcpi_rcv_wscale = 9;
  info.tcpi_rto = 204000;
  info.tcpi_snd_mss = 1448;
  info.tcpi_rcv_mss = 536;
  info.tcpi_unacked = 3;
  info.tcpi_last_data_sent = 1000;
  info.tcpi_last_data_recv = 2000;
  info.tcpi_last_ack_recv = 3000;
  info.tcpi_pmtu = 1500;
  info.tcpi_rtt = 12345;
  info.tcpi_rttvar = 678;
  info.tcpi_snd_ssthresh = 0x7fffffff;
  info.tcpi_snd_cwnd = 10;
  info.tcpi_advmss = 1460;
  info.tcpi_total_retrans = 5;
  info.tcpi_pacing_rate = 1'000'000;
  info.tcpi_bytes_acked = 1ULL << 40U;
  info.tcpi_bytes_received = 77;
  info.tcpi_segs_out = 8;
  info.tcpi_min_rtt = 11;
  info.tcpi_delivery_rate = 99;
  info.tcpi_busy_time = 4000;
  info.tcpi_bytes_sent = 1ULL << 41U;
  info.tcpi_bytes_retrans = 42;
  info.tcpi_reord_seen = 6;
  info.tcpi_snd_wnd = 65535;
  return info;
}

/// As a kernel says it whose struct has `size` bytes; what is beyond the header's is 0.
std::vector<std::byte> message_of(const tcp_info& info, std::size_t size, std::uint16_t port = 443) {
  std::array<std::byte, 280> bytes{};
  std::memcpy(bytes.data(), &info, sizeof(info));
  const std::array<std::uint32_t, SK_MEMINFO_VARS> memory{704, 131072, 64, 87040, 0, 0, 0, 0, 9};
  return NetlinkBuilder()
    .value(diag_message(port))
    .attribute(INET_DIAG_INFO, std::span(bytes).first(size))
    .attribute_text(INET_DIAG_CONG, "cubic\0"sv)
    .attribute_value(INET_DIAG_SKMEMINFO, memory)
    .bytes();
}

TcpInfo read_row(const std::vector<std::byte>& message) {
  TcpInfoRows rows;
  rows.add(*parse_inet_diag(message), 0, boottime_ms);
  const Table table = std::move(rows).build();
  REQUIRE(table.size() == 1);
  return tcp_infos.row(table, 0);
}

} // namespace

TEST_CASE("struct tcp_info is read at the offsets that the kernel's header gives", "[recorder]") {
  const TcpInfo row = read_row(message_of(made_info(), sizeof(tcp_info)));
  CHECK(row.local_port == 443);
  CHECK(row.remote_port == 6379);
  CHECK(row.cookie == 0x200000001ULL);
  CHECK(row.congestion_control == "cubic");
  CHECK(row.congestion_state == CongestionState::loss);
  CHECK(row.options.has(TcpOption::sack));
  CHECK_FALSE(row.options.has(TcpOption::ecn));
  CHECK(row.send_scale == 7);
  CHECK(row.recv_scale == 9);
  CHECK(row.rto == 204000);
  CHECK(row.send_mss == 1448);
  CHECK(row.recv_mss == 536);
  CHECK(row.unacked == 3);
  CHECK(row.path_mtu == 1500);
  CHECK(row.rtt == 12345);
  CHECK(row.rtt_variance == 678);
  CHECK_FALSE(row.ssthresh);
  CHECK(row.cwnd == 10);
  CHECK(row.advertised_mss == 1460);
  CHECK(row.retransmits == 5);
  CHECK(row.pacing_rate == 1'000'000ULL);
  CHECK(row.bytes_acked == 1ULL << 40U);
  CHECK(row.bytes_received == 77ULL);
  CHECK(row.segments_out == 8U);
  CHECK(row.min_rtt == 11U);
  CHECK(row.delivery_rate == 99ULL);
  CHECK(row.busy_time == 4000ULL);
  CHECK(row.bytes_sent == 1ULL << 41U);
  CHECK(row.bytes_retransmitted == 42ULL);
  CHECK(row.reorderings == 6U);
  CHECK(row.send_window == 65535U);
  CHECK(row.last_sent == boottime_ms - 1000);
  CHECK(row.last_received == boottime_ms - 2000);
  CHECK(row.last_acked == boottime_ms - 3000);
  CHECK(row.recv_memory == 704U);
  CHECK(row.recv_buffer == 131072U);
  CHECK(row.send_memory == 64U);
  CHECK(row.send_buffer == 87040U);
  CHECK(row.drops == 9U);
}

TEST_CASE("of every length of struct tcp_info what is there is read, and the rest is null", "[recorder]") {
  for (std::size_t size = 104; size <= 280; ++size) {
    CAPTURE(size);
    const TcpInfo row = read_row(message_of(made_info(), size));
    CHECK(row.retransmits == 5);
    CHECK(row.pacing_rate.has_value() == (size >= 112));
    CHECK(row.bytes_acked.has_value() == (size >= 128));
    CHECK(row.min_rtt.has_value() == (size >= 152));
    CHECK(row.bytes_sent.has_value() == (size >= 208));
    CHECK(row.send_window.has_value() == (size >= 232));
    CHECK(row.timeout_time.has_value() == (size >= 248));
  }
  TcpInfoRows rows;
  const auto shorter = message_of(made_info(), 100);
  rows.add(*parse_inet_diag(shorter), 0, boottime_ms);
  CHECK(rows.size() == 0);
}

TEST_CASE("a listener, and a connection that is not made yet, have no moment at which they last sent", "[recorder]") {
  for (const std::uint8_t state : {std::uint8_t{2}, std::uint8_t{7}, std::uint8_t{10}}) {
    CAPTURE(static_cast<unsigned>(state));
    tcp_info info = made_info();
    info.tcpi_state = state;
    const TcpInfo row = read_row(message_of(info, sizeof(info)));
    CHECK_FALSE(row.last_sent);
    CHECK_FALSE(row.last_received);
    CHECK_FALSE(row.last_acked);
  }
}

TEST_CASE("rows of tcp_info are forgotten with those of their sockets", "[recorder]") {
  TcpInfoRows infos;
  SocketRows rows(&infos);
  const auto with = message_of(made_info(), sizeof(tcp_info));
  const auto without = NetlinkBuilder().value(diag_message(22)).bytes();
  for (const auto* message : {&with, &without, &with, &without, &with}) {
    rows.add(SocketProtocol::tcp, *parse_inet_diag(*message), {}, boottime_ms);
  }
  CHECK(infos.size() == 3);
  rows.truncate(3);
  CHECK(infos.size() == 2);
  rows.truncate(2);
  CHECK(infos.size() == 1);
  rows.truncate(0);
  CHECK(infos.size() == 0);
}

TEST_CASE("tcp_info is recorded only when it is asked for, from the dump that gives the sockets", "[recorder]") {
  FakeSystem system;
  const auto message = message_of(made_info(), 280);
  system.dumps["sock_diag-tcp-inet"] = {{NetlinkBuilder().message(SOCK_DIAG_BY_FAMILY, 2, message).done().bytes(), {}}};
  const Snapshot plain = record_snapshot(system, {});
  CHECK(plain.find_capture("tcp_info") == nullptr);
  CHECK(plain.find_table("tcp_info") == nullptr);
  const int asked = system.dumps_asked;
  RecordOptions options;
  options.tcp_info = true;
  const Snapshot snapshot = record_snapshot(system, options);
  CHECK(system.dumps_asked == 2 * asked);
  CHECK(snapshot.find_table("tcp_info")->size() == 1);
  CHECK(*snapshot.find_table("socket") == *plain.find_table("socket"));
  CHECK(snapshot.find_capture("tcp_info")->status == CaptureStatus::complete);
  CHECK(snapshot.find_capture("tcp_info")->coverage == "tcp=netlink tcp6=absent");
}

TEST_CASE("without sock_diag tcp_info is missing, with the reason", "[recorder]") {
  RecordOptions options;
  options.tcp_info = true;
  const FakeSystem none;
  CHECK(record_snapshot(none, options).find_capture("tcp_info")->status == CaptureStatus::absent);
  const WithoutNetlink refused(std::make_unique<FakeSystem>());
  const Snapshot snapshot = record_snapshot(refused, options);
  CHECK(snapshot.find_capture("tcp_info")->status == CaptureStatus::denied);
  CHECK(snapshot.find_capture("tcp_info")->detail
        == "sock_diag does not answer: Operation not permitted (it needs root or CAP_NET_ADMIN)");
  CHECK(snapshot.find_table("tcp_info") == nullptr);
}

TEST_CASE("a request asks for tcp_info only when told", "[recorder]") {
  const auto request = std::bit_cast<inet_diag_req_v2>(inet_diag_request(AF_INET, IPPROTO_TCP, DiagDetail::tcp_info));
  CHECK(request.idiag_ext
        == (1U << (INET_DIAG_SKMEMINFO - 1U) | 1U << (INET_DIAG_INFO - 1U) | 1U << (INET_DIAG_CONG - 1U)));
}
