// SPDX-License-Identifier: MIT
//
// /proc/net/ip_masquerade (net/ipv4/ip_masq.c of Linux 2.0 and 2.2), the source that `netstat -M` was written for:
//   Prc FromIP   FPrt ToIP     TPrt Masq Init-seq  Delta PDelta Expires (free=40960,40960,40960)
//   TCP 0A4D0102:9C40 0A4D0202:1B58 F12C 00000000      0      0   43200
// Addresses and ports are numbers in hexadecimal, most significant digit first; Expires counts hundredths of a second.
// Early kernels of 2.0 have no PDelta. Lines are padded with blanks to 127 characters.
#include "recorder/readers/proc_net_ip_masquerade.h"

#include <array>
#include <limits>

#include "recorder/text_fields.h"

namespace hindstat {

namespace {

constexpr std::uint64_t ms_per_jiffy = 10;

std::optional<FlowProtocol> parse_protocol(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, FlowProtocol>, 6> names{{{"TCP", FlowProtocol::tcp},
                                                                            {"UDP", FlowProtocol::udp},
                                                                            {"ICMP", FlowProtocol::icmp},
                                                                            {"IP", FlowProtocol::ip},
                                                                            {"GRE", FlowProtocol::gre},
                                                                            {"ESP", FlowProtocol::esp}}};
  const auto* const found = std::ranges::find(names, name, &std::pair<std::string_view, FlowProtocol>::first);
  return found != names.end() ? std::optional(found->second) : std::nullopt;
}

/// "0A4D0102"
std::optional<IpAddress> parse_address(std::string_view text) {
  const auto number = parse_number<std::uint32_t>(text, 16);
  if (!number) {
    return std::nullopt;
  }
  const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(*number >> shift); };
  return IpAddress::v4({byte(24), byte(16), byte(8), byte(0)});
}

/// "0A4D0102:9C40"
bool read_endpoint(std::string_view text, IpAddress& address, std::optional<std::uint16_t>& port) {
  const auto [address_text, port_text] = split_at(text, ':');
  const auto parsed = parse_address(address_text);
  port = parse_number<std::uint16_t>(port_text, 16);
  address = parsed.value_or(IpAddress());
  return parsed && port;
}

} // namespace

Verdict IpMasqueradeLines::add(ConntrackRows& rows, std::string_view line) {
  if (!has_heading_) {
    has_heading_ = true;
    has_previous_delta_ = line.find("PDelta") != std::string_view::npos;
    return Fields(line).next() == "Prc" ? Verdict::skipped : Verdict::rejected;
  }
  Fields fields(line);
  const std::string_view name = fields.next();
  if (name.empty()) {
    return Verdict::skipped;
  }
  Conntrack row;
  const auto protocol = parse_protocol(name);
  const bool has_source = read_endpoint(fields.next(), row.source, row.source_port);
  const bool has_destination = read_endpoint(fields.next(), row.destination, row.destination_port);
  row.reply_destination_port = fields.next_number<std::uint16_t>(16);
  row.sequence_position = fields.next_number<std::uint32_t>(16);
  row.sequence_delta = fields.next_number<std::int32_t>();
  if (has_previous_delta_) {
    row.sequence_previous_delta = fields.next_number<std::int32_t>();
  }
  const auto jiffies = fields.next_number<std::uint64_t>();
  if (!protocol || !has_source || !has_destination || !row.reply_destination_port || !row.sequence_position
      || !row.sequence_delta || row.sequence_previous_delta.has_value() != has_previous_delta_ || !jiffies
      || *jiffies > std::numeric_limits<std::uint32_t>::max() || !fields.next().empty()) {
    return Verdict::rejected;
  }
  row.protocol = *protocol;
  row.nat.set(NatKind::source);
  row.expires = moment_.boottime_ms + *jiffies * ms_per_jiffy;
  if (*protocol == FlowProtocol::icmp) { // Its identifier stands for the ports (ip_masq.c ip_fw_masq_icmp).
    row.icmp_id = std::exchange(row.source_port, std::nullopt);
    row.reply_icmp_id = std::exchange(row.reply_destination_port, std::nullopt);
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
