// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// What congestion control thinks of a connection (enum tcp_ca_state).
enum class CongestionState : std::uint8_t { open = 0, disorder = 1, reduced = 2, recovery = 3, loss = 4 };

template <>
struct NamesOf<CongestionState> {
  static constexpr std::array values = {ValueName{0, "open"}, ValueName{1, "disorder"}, ValueName{2, "cwr"},
                                        ValueName{3, "recovery"}, ValueName{4, "loss"}};
};

/// What both ends agreed on (TCPI_OPT_*).
enum class TcpOption : std::uint8_t {
  timestamps = 1,
  sack = 2,
  window_scaling = 4,
  ecn = 8,
  ecn_seen = 16,
  syn_data = 32,
  microseconds = 64
};

template <>
struct NamesOf<TcpOption> {
  static constexpr std::array values = {ValueName{1, "ts"},      ValueName{2, "sack"},     ValueName{4, "wscale"},
                                        ValueName{8, "ecn"},     ValueName{16, "ecnseen"}, ValueName{32, "syn_data"},
                                        ValueName{64, "usec_ts"}};
};

/// What the kernel knows of one TCP connection beyond table socket, where the recorder was asked for it. Source:
/// INET_DIAG_INFO (struct tcp_info), INET_DIAG_CONG and INET_DIAG_SKMEMINFO of sock_diag. Kernels have more or less of
/// struct tcp_info: what this one lacks is null. A socket in TIME_WAIT or SYN_RECV has none.
struct TcpInfo {
  std::string netns;
  IpAddress local_address;
  std::uint16_t local_port = 0;
  IpAddress remote_address;
  std::uint16_t remote_port = 0;
  std::uint64_t cookie = 0;
  std::optional<std::string> congestion_control;
  CongestionState congestion_state = CongestionState::open;
  FlagSet<TcpOption> options;
  std::uint8_t send_scale = 0;
  std::uint8_t recv_scale = 0;
  std::optional<std::uint32_t> ssthresh;
  std::uint32_t rtt = 0;
  std::uint32_t rtt_variance = 0;
  std::optional<std::uint32_t> min_rtt;
  std::uint32_t recv_rtt = 0;
  std::uint32_t rto = 0;
  std::uint32_t send_mss = 0;
  std::uint32_t recv_mss = 0;
  std::uint32_t advertised_mss = 0;
  std::uint32_t path_mtu = 0;
  std::uint32_t cwnd = 0;
  std::uint32_t recv_ssthresh = 0;
  std::uint32_t recv_space = 0;
  std::optional<std::uint32_t> send_window;
  std::optional<std::uint32_t> recv_window;
  std::uint32_t unacked = 0;
  std::uint32_t sacked = 0;
  std::uint32_t lost = 0;
  std::uint32_t retransmitting = 0;
  std::uint32_t reordering = 0;
  std::optional<std::uint32_t> not_sent;
  std::uint32_t retransmits = 0;
  std::optional<std::uint64_t> bytes_sent;
  std::optional<std::uint64_t> bytes_acked;
  std::optional<std::uint64_t> bytes_received;
  std::optional<std::uint64_t> bytes_retransmitted;
  std::optional<std::uint32_t> segments_out;
  std::optional<std::uint32_t> segments_in;
  std::optional<std::uint32_t> data_segments_out;
  std::optional<std::uint32_t> data_segments_in;
  std::optional<std::uint32_t> delivered;
  std::optional<std::uint32_t> delivered_ce;
  std::optional<std::uint32_t> duplicate_sacks;
  std::optional<std::uint32_t> reorderings;
  std::optional<std::uint32_t> out_of_order;
  std::optional<std::uint16_t> timeouts;
  std::optional<std::uint16_t> timeout_recoveries;
  std::optional<std::uint32_t> timeout_time;
  std::optional<std::uint64_t> pacing_rate;
  std::optional<std::uint64_t> delivery_rate;
  std::optional<std::uint64_t> busy_time;
  std::optional<std::uint64_t> window_limited;
  std::optional<std::uint64_t> buffer_limited;
  std::optional<std::uint64_t> last_sent;
  std::optional<std::uint64_t> last_received;
  std::optional<std::uint64_t> last_acked;
  std::optional<std::uint32_t> recv_memory;
  std::optional<std::uint32_t> recv_buffer;
  std::optional<std::uint32_t> send_memory;
  std::optional<std::uint32_t> send_buffer;
  std::optional<std::uint32_t> drops;
};

inline constexpr auto tcp_infos = define_table<TcpInfo>(
  "tcp_info", "What the kernel knows of each TCP connection: times, windows, losses, rates; only with --tcp-info.",
  field<&TcpInfo::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&TcpInfo::local_address>("local_address", Role::key, "Local address."),
  field<&TcpInfo::local_port>("local_port", Role::key, "Local port."),
  field<&TcpInfo::remote_address>("remote_address", Role::key, "Remote address; unspecified when not connected."),
  field<&TcpInfo::remote_port>("remote_port", Role::key, "Remote port; 0 when not connected."),
  field<&TcpInfo::cookie>("cookie", Role::incarnation, "Kernel socket cookie, as in table socket.", Unit::hex),
  field<&TcpInfo::congestion_control>("congestion_control", Role::attribute, "Algorithm of congestion control."),
  field<&TcpInfo::congestion_state>("congestion_state", Role::note, "What congestion control is doing."),
  field<&TcpInfo::options>("options", Role::attribute, "What both ends agreed on."),
  field<&TcpInfo::send_scale>("send_scale", Role::attribute, "Window scale of the peer."),
  field<&TcpInfo::recv_scale>("recv_scale", Role::attribute, "Window scale of this end."),
  field<&TcpInfo::ssthresh>("ssthresh", Role::gauge, "Slow start threshold in segments; null before the first loss.",
                            Unit::count),
  field<&TcpInfo::rtt>("rtt", Role::gauge, "Smoothed round trip time.", Unit::microseconds),
  field<&TcpInfo::rtt_variance>("rtt_variance", Role::gauge, "Mean deviation of the round trip time.",
                                Unit::microseconds),
  field<&TcpInfo::min_rtt>("min_rtt", Role::gauge, "Lowest round trip time of the last minutes.", Unit::microseconds),
  field<&TcpInfo::recv_rtt>("recv_rtt", Role::gauge, "Round trip time as the receiver estimates it.",
                            Unit::microseconds),
  field<&TcpInfo::rto>("rto", Role::gauge, "Retransmission timeout.", Unit::microseconds),
  field<&TcpInfo::send_mss>("send_mss", Role::gauge, "Largest segment that is sent.", Unit::bytes),
  field<&TcpInfo::recv_mss>("recv_mss", Role::gauge, "Largest segment that was received.", Unit::bytes),
  field<&TcpInfo::advertised_mss>("advertised_mss", Role::attribute, "Largest segment that the peer was told.",
                                  Unit::bytes),
  field<&TcpInfo::path_mtu>("path_mtu", Role::attribute, "MTU of the path.", Unit::bytes),
  field<&TcpInfo::cwnd>("cwnd", Role::gauge, "Congestion window in segments.", Unit::count),
  field<&TcpInfo::recv_ssthresh>("recv_ssthresh", Role::gauge, "Limit to which the window offered may grow.",
                                 Unit::bytes),
  field<&TcpInfo::recv_space>("recv_space", Role::gauge, "What receive buffer tuning aims at.", Unit::bytes),
  field<&TcpInfo::send_window>("send_window", Role::gauge, "Window that the peer offers.", Unit::bytes),
  field<&TcpInfo::recv_window>("recv_window", Role::gauge, "Window offered to the peer.", Unit::bytes),
  field<&TcpInfo::unacked>("unacked", Role::gauge, "Segments sent and not acknowledged; for LISTEN the accept queue.",
                           Unit::count),
  field<&TcpInfo::sacked>("sacked", Role::gauge,
                          "Segments acknowledged selectively; for LISTEN the accept queue's limit.", Unit::count),
  field<&TcpInfo::lost>("lost", Role::gauge, "Segments taken for lost.", Unit::count),
  field<&TcpInfo::retransmitting>("retransmitting", Role::gauge,
                                  "Retransmitted segments that are not acknowledged yet.", Unit::count),
  field<&TcpInfo::reordering>("reordering", Role::gauge, "Distance of reordering that is reckoned with, in segments.",
                              Unit::count),
  field<&TcpInfo::not_sent>("not_sent", Role::gauge, "Bytes queued and never sent.", Unit::bytes),
  field<&TcpInfo::retransmits>("retransmits", Role::counter, "Segments retransmitted.", Unit::packets),
  field<&TcpInfo::bytes_sent>("bytes_sent", Role::counter, "Payload sent, with retransmissions.", Unit::bytes),
  field<&TcpInfo::bytes_acked>("bytes_acked", Role::counter, "Payload acknowledged by the peer.", Unit::bytes),
  field<&TcpInfo::bytes_received>("bytes_received", Role::counter, "Payload received.", Unit::bytes),
  field<&TcpInfo::bytes_retransmitted>("bytes_retransmitted", Role::counter, "Payload sent again.", Unit::bytes),
  field<&TcpInfo::segments_out>("segments_out", Role::counter, "Segments sent.", Unit::packets),
  field<&TcpInfo::segments_in>("segments_in", Role::counter, "Segments received.", Unit::packets),
  field<&TcpInfo::data_segments_out>("data_segments_out", Role::counter, "Segments with payload sent.", Unit::packets),
  field<&TcpInfo::data_segments_in>("data_segments_in", Role::counter, "Segments with payload received.",
                                    Unit::packets),
  field<&TcpInfo::delivered>("delivered", Role::counter, "Segments delivered, with retransmissions.", Unit::packets),
  field<&TcpInfo::delivered_ce>("delivered_ce", Role::counter, "Of these, marked by congestion (ECN).", Unit::packets),
  field<&TcpInfo::duplicate_sacks>("duplicate_sacks", Role::counter, "Duplicates that the peer reported (DSACK).",
                                   Unit::packets),
  field<&TcpInfo::reorderings>("reorderings", Role::counter, "Times that reordering was seen.", Unit::count),
  field<&TcpInfo::out_of_order>("out_of_order", Role::counter, "Segments received out of order.", Unit::packets),
  field<&TcpInfo::timeouts>("timeouts", Role::counter, "Retransmission timeouts.", Unit::count),
  field<&TcpInfo::timeout_recoveries>("timeout_recoveries", Role::counter, "Recoveries from such timeouts.",
                                      Unit::count),
  field<&TcpInfo::timeout_time>("timeout_time", Role::counter, "Time spent in recovery from timeouts.",
                                Unit::milliseconds),
  field<&TcpInfo::pacing_rate>("pacing_rate", Role::gauge,
                               "Rate of sending that is aimed at, per second; null without limit.", Unit::bytes),
  field<&TcpInfo::delivery_rate>("delivery_rate", Role::gauge, "Latest rate of delivery, per second.", Unit::bytes),
  field<&TcpInfo::busy_time>("busy_time", Role::counter, "Time with data to send.", Unit::microseconds),
  field<&TcpInfo::window_limited>("window_limited", Role::counter, "Of this, held up by the peer's window.",
                                  Unit::microseconds),
  field<&TcpInfo::buffer_limited>("buffer_limited", Role::counter, "Of this, held up by the send buffer.",
                                  Unit::microseconds),
  field<&TcpInfo::last_sent>("last_sent", Role::timer, "When payload was last sent.", Unit::boottime_ms),
  field<&TcpInfo::last_received>("last_received", Role::timer, "When payload was last received.", Unit::boottime_ms),
  field<&TcpInfo::last_acked>("last_acked", Role::timer, "When the peer last acknowledged.", Unit::boottime_ms),
  field<&TcpInfo::recv_memory>("recv_memory", Role::gauge, "Memory of what was received and not read.", Unit::bytes),
  field<&TcpInfo::recv_buffer>("recv_buffer", Role::gauge, "Limit of this.", Unit::bytes),
  field<&TcpInfo::send_memory>("send_memory", Role::gauge, "Memory of what was handed to the link.", Unit::bytes),
  field<&TcpInfo::send_buffer>("send_buffer", Role::gauge, "Limit of the send queue.", Unit::bytes),
  field<&TcpInfo::drops>("drops", Role::counter, "Segments dropped at this socket.", Unit::packets));

} // namespace hindstat
