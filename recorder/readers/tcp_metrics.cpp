// SPDX-License-Identifier: MIT
//
// Generic netlink family tcp_metrics (include/uapi/linux/tcp_metrics.h; net/ipv4/tcp_metrics.c tcp_metrics_fill_info):
// struct genlmsghdr, then attributes; the values are nested, each under its index and 1. Round trip times are kept
// shifted, eight and four times what they are.
#include "recorder/readers/tcp_metrics.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/tcp_metrics.h>

#include "recorder/netlink_message.h"
#include "recorder/readers/genetlink_family.h"
#include "recorder/readers/table_parts.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::uint32_t rtt_scale = 8;
constexpr std::uint32_t rttvar_scale = 4;
constexpr std::uint32_t us_per_ms = 1000;

using Bytes = std::span<const std::byte>;

/// Kernels before 3.15 tell the times in ms alone; later ones tell both, and those in µs come last.
bool read_values(TcpMetric& row, Bytes values) {
  NetlinkAttributes walk(values);
  while (const auto attribute = walk.next()) {
    const auto value = load_value<std::uint32_t>(attribute->value);
    if (!value) {
      return false;
    }
    switch (attribute->type - 1) {
      case TCP_METRIC_RTT:
        row.rtt = row.rtt.value_or(*value * us_per_ms / rtt_scale);
        break;
      case TCP_METRIC_RTTVAR:
        row.rttvar = row.rttvar.value_or(*value * us_per_ms / rttvar_scale);
        break;
      case TCP_METRIC_RTT_US:
        row.rtt = *value / rtt_scale;
        break;
      case TCP_METRIC_RTTVAR_US:
        row.rttvar = *value / rttvar_scale;
        break;
      case TCP_METRIC_SSTHRESH:
        row.ssthresh = value;
        break;
      case TCP_METRIC_CWND:
        row.cwnd = value;
        break;
      case TCP_METRIC_REORDERING:
        row.reordering = value;
        break;
      default:
        break;
    }
  }
  return !walk.malformed();
}

std::string hex_text(Bytes bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 0xf];
  }
  return text;
}

std::optional<std::uint64_t> moment_before(std::uint64_t boottime_ms, std::optional<std::uint64_t> age_ms) {
  return age_ms ? std::optional(*age_ms < boottime_ms ? boottime_ms - *age_ms : 0) : std::nullopt;
}

/// False when the attribute is one that is stored and not whole.
bool read_attribute(TcpMetric& row, const NetlinkAttribute& attribute, std::uint64_t boottime_ms) {
  switch (attribute.type) {
    case TCP_METRICS_ATTR_ADDR_IPV4:
    case TCP_METRICS_ATTR_ADDR_IPV6: {
      const auto address = load_address(attribute.value);
      row.destination = address.value_or(IpAddress());
      return address.has_value();
    }
    case TCP_METRICS_ATTR_SADDR_IPV4:
    case TCP_METRICS_ATTR_SADDR_IPV6:
      row.source = load_address(attribute.value);
      return row.source.has_value();
    case TCP_METRICS_ATTR_AGE:
      row.updated = moment_before(boottime_ms, load_value<std::uint64_t>(attribute.value));
      return row.updated.has_value();
    case TCP_METRICS_ATTR_VALS:
      return read_values(row, attribute.value);
    case TCP_METRICS_ATTR_FOPEN_MSS:
      row.fastopen_mss = load_value<std::uint16_t>(attribute.value);
      return row.fastopen_mss.has_value();
    case TCP_METRICS_ATTR_FOPEN_SYN_DROPS:
      row.fastopen_syn_drops = load_value<std::uint16_t>(attribute.value);
      return row.fastopen_syn_drops.has_value();
    case TCP_METRICS_ATTR_FOPEN_SYN_DROP_TS:
      row.fastopen_dropped = moment_before(boottime_ms, load_value<std::uint64_t>(attribute.value));
      return row.fastopen_dropped.has_value();
    case TCP_METRICS_ATTR_FOPEN_COOKIE:
      row.fastopen_cookie = hex_text(attribute.value);
      return true;
    default:
      return true;
  }
}

bool names_peer(std::uint16_t attribute) {
  return attribute == TCP_METRICS_ATTR_ADDR_IPV4 || attribute == TCP_METRICS_ATTR_ADDR_IPV6;
}

PartRead read_netlink(ReadContext& context, TcpMetricRows& rows, Capture& capture) {
  const GenericFamily family = find_family(context.system(), TCP_METRICS_GENL_NAME);
  if (family.error != 0) {
    return {family.error};
  }
  const genlmsghdr header{TCP_METRICS_CMD_GET, TCP_METRICS_GENL_VERSION, 0};
  const NetlinkRequest request{"tcp_metrics", NETLINK_GENERIC, family.number, std::as_bytes(std::span(&header, 1)),
                               false};
  return {read_dump(context, request, family.number, rows, capture, [&](auto payload, std::uint64_t boottime_ms) {
    return add_tcp_metrics_message(rows, payload, boottime_ms);
  })};
}

} // namespace

Verdict add_tcp_metrics_message(TcpMetricRows& rows, std::span<const std::byte> payload, std::uint64_t boottime_ms) {
  if (payload.size() < sizeof(genlmsghdr)) {
    return Verdict::rejected;
  }
  TcpMetric row;
  bool has_peer = false;
  NetlinkAttributes walk(payload.subspan(sizeof(genlmsghdr)));
  while (const auto attribute = walk.next()) {
    if (!read_attribute(row, *attribute, boottime_ms)) {
      return Verdict::rejected;
    }
    has_peer = has_peer || names_peer(attribute->type);
  }
  if (walk.malformed() || !has_peer) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

void read_tcp_metrics(ReadContext& context) {
  TableParts table(context, tcp_metrics.name(), TcpMetricRows(tcp_metrics));
  table.read("tcp", {{"netlink", std::bind_front(read_netlink, std::ref(context))}});
  std::move(table).keep("generic netlink does not answer");
}

} // namespace hindstat
