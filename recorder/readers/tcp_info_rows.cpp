// SPDX-License-Identifier: MIT
//
// struct tcp_info (include/uapi/linux/tcp.h) by its offsets, which never change: it only grows, 104 bytes in Linux 2.6,
// 280 in 6.18. Values are in the host's byte order.
#include "recorder/readers/tcp_info_rows.h"

#include <linux/sock_diag.h>

#include <bit>

#include "recorder/netlink_message.h"

namespace hindstat {

namespace {

constexpr std::size_t least_size = 104;
constexpr std::uint32_t infinite_ssthresh = 0x7fffffff;
constexpr std::uint8_t state_syn_sent = 2;
constexpr std::uint8_t state_close = 7;
constexpr std::uint8_t state_listen = 10;

class InfoBytes {
public:
  explicit InfoBytes(std::span<const std::byte> bytes) : bytes_(bytes) {
  }

  template <typename Value = std::uint32_t>
  [[nodiscard]] std::optional<Value> find(std::size_t offset) const {
    return load_value<Value>(bytes_, offset);
  }
  /// Of the part that every kernel has.
  template <typename Value = std::uint32_t>
  [[nodiscard]] Value get(std::size_t offset) const {
    return load_value<Value>(bytes_, offset).value_or(Value{});
  }

private:
  std::span<const std::byte> bytes_;
};

void read_levels(const InfoBytes& info, TcpInfo& row) {
  row.rtt = info.get(68);
  row.rtt_variance = info.get(72);
  row.min_rtt = info.find(148);
  row.recv_rtt = info.get(92);
  row.rto = info.get(8);
  row.send_mss = info.get(16);
  row.recv_mss = info.get(20);
  row.advertised_mss = info.get(84);
  row.path_mtu = info.get(60);
  row.cwnd = info.get(80);
  row.recv_ssthresh = info.get(64);
  row.recv_space = info.get(96);
  row.send_window = info.find(228);
  row.recv_window = info.find(232);
  row.unacked = info.get(24);
  row.sacked = info.get(28);
  row.lost = info.get(32);
  row.retransmitting = info.get(36);
  row.reordering = info.get(88);
  row.not_sent = info.find(144);
  row.pacing_rate = info.find<std::uint64_t>(104);
  row.delivery_rate = info.find<std::uint64_t>(160);
  const auto ssthresh = info.get(76);
  row.ssthresh = ssthresh < infinite_ssthresh ? std::optional(ssthresh) : std::nullopt;
  if (row.pacing_rate == ~std::uint64_t{0}) {
    row.pacing_rate = std::nullopt;
  }
}

void read_counters(const InfoBytes& info, TcpInfo& row) {
  row.retransmits = info.get(100);
  row.bytes_sent = info.find<std::uint64_t>(200);
  row.bytes_acked = info.find<std::uint64_t>(120);
  row.bytes_received = info.find<std::uint64_t>(128);
  row.bytes_retransmitted = info.find<std::uint64_t>(208);
  row.segments_out = info.find(136);
  row.segments_in = info.find(140);
  row.data_segments_out = info.find(156);
  row.data_segments_in = info.find(152);
  row.delivered = info.find(192);
  row.delivered_ce = info.find(196);
  row.duplicate_sacks = info.find(216);
  row.reorderings = info.find(220);
  row.out_of_order = info.find(224);
  row.timeouts = info.find<std::uint16_t>(240);
  row.timeout_recoveries = info.find<std::uint16_t>(242);
  row.timeout_time = info.find(244);
  row.busy_time = info.find<std::uint64_t>(168);
  row.window_limited = info.find<std::uint64_t>(176);
  row.buffer_limited = info.find<std::uint64_t>(184);
}

/// The kernel says how long ago; a socket that has no connection, or not yet, never did, and counts from the kernel's
/// jiffy 0, five minutes after the start.
void read_moments(const InfoBytes& info, std::uint64_t boottime_ms, TcpInfo& row) {
  const auto state = info.get<std::uint8_t>(0);
  const bool has_connection = state != state_listen && state != state_close && state != state_syn_sent;
  const auto moment = [&](std::size_t offset) {
    const std::uint64_t ago = info.get(offset);
    return has_connection && ago <= boottime_ms ? std::optional(boottime_ms - ago) : std::nullopt;
  };
  row.last_sent = moment(44);
  row.last_received = moment(52);
  row.last_acked = moment(56);
}

void read_memory(std::span<const std::byte> values, TcpInfo& row) {
  const auto at = [&](std::size_t index) { return load_value<std::uint32_t>(values, index * sizeof(std::uint32_t)); };
  row.recv_memory = at(SK_MEMINFO_RMEM_ALLOC);
  row.recv_buffer = at(SK_MEMINFO_RCVBUF);
  row.send_memory = at(SK_MEMINFO_WMEM_ALLOC);
  row.send_buffer = at(SK_MEMINFO_SNDBUF);
  row.drops = at(SK_MEMINFO_DROPS);
}

} // namespace

void TcpInfoRows::add(const DiagSocket& socket, std::size_t socket_row, std::uint64_t boottime_ms) {
  if (socket.tcp_info.size() < least_size) {
    return;
  }
  const InfoBytes info(socket.tcp_info);
  row_.local_address = socket.local_address;
  row_.local_port = socket.local_port;
  row_.remote_address = socket.remote_address;
  row_.remote_port = socket.remote_port;
  row_.cookie = socket.cookie;
  if (socket.congestion_control.empty()) {
    row_.congestion_control = std::nullopt;
  } else {
    row_.congestion_control = socket.congestion_control;
  }
  row_.congestion_state = static_cast<CongestionState>(info.get<std::uint8_t>(1));
  row_.options = FlagSet<TcpOption>(info.get<std::uint8_t>(5));
  // Two bit fields in one byte: the compiler of a little-endian kernel puts the first one low.
  const auto scales = info.get<std::uint8_t>(6);
  const auto low = static_cast<std::uint8_t>(scales & 15U);
  const auto high = static_cast<std::uint8_t>(scales >> 4U);
  constexpr bool little = std::endian::native == std::endian::little;
  row_.send_scale = little ? low : high;
  row_.recv_scale = little ? high : low;
  read_levels(info, row_);
  read_counters(info, row_);
  read_moments(info, boottime_ms, row_);
  read_memory(socket.memory, row_);
  TableBuilder::add(row_);
  socket_rows_.push_back(socket_row);
}

void TcpInfoRows::truncate_to_sockets(std::size_t rows) {
  while (!socket_rows_.empty() && socket_rows_.back() >= rows) {
    socket_rows_.pop_back();
  }
  truncate(socket_rows_.size());
}

} // namespace hindstat
