// SPDX-License-Identifier: MIT
#include "recorder/readers/ctnetlink_values.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "recorder/wire_values.h"

namespace hindstat::ctnetlink {

namespace {

bool read_address(std::optional<IpAddress>& target, Bytes value, bool v6) {
  target = load_address(value);
  return target && target->is_v6() == v6;
}

bool read_tuple_addresses(FlowTuple& tuple, Bytes attributes) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_IP_V4_SRC:
        return read_address(tuple.source, attribute.value, false);
      case CTA_IP_V4_DST:
        return read_address(tuple.destination, attribute.value, false);
      case CTA_IP_V6_SRC:
        return read_address(tuple.source, attribute.value, true);
      case CTA_IP_V6_DST:
        return read_address(tuple.destination, attribute.value, true);
      default:
        return true;
    }
  });
}

bool read_tuple_protocol(FlowTuple& tuple, Bytes attributes) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_PROTO_NUM:
        return read_number<std::uint8_t>(tuple.protocol, attribute.value);
      case CTA_PROTO_SRC_PORT:
        return read_number<std::uint16_t>(tuple.source_port, attribute.value);
      case CTA_PROTO_DST_PORT:
        return read_number<std::uint16_t>(tuple.destination_port, attribute.value);
      case CTA_PROTO_ICMP_ID:
      case CTA_PROTO_ICMPV6_ID:
        return read_number<std::uint16_t>(tuple.icmp_id, attribute.value);
      case CTA_PROTO_ICMP_TYPE:
      case CTA_PROTO_ICMPV6_TYPE:
        return read_number<std::uint8_t>(tuple.icmp_type, attribute.value);
      case CTA_PROTO_ICMP_CODE:
      case CTA_PROTO_ICMPV6_CODE:
        return read_number<std::uint8_t>(tuple.icmp_code, attribute.value);
      default:
        return true;
    }
  });
}

} // namespace

bool read_expiry(std::optional<std::uint64_t>& target, Bytes value, const ReadMoment& moment) {
  std::uint32_t seconds = 0;
  const bool whole = read_number<std::uint32_t>(seconds, value);
  target = moment.boottime_ms + seconds * ms_per_s;
  return whole;
}

bool read_tuple(FlowTuple& tuple, Bytes attributes) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_TUPLE_IP:
        return read_tuple_addresses(tuple, attribute.value);
      case CTA_TUPLE_PROTO:
        return read_tuple_protocol(tuple, attribute.value);
      case CTA_TUPLE_ZONE:
        return read_number<std::uint16_t>(tuple.zone, attribute.value);
      default:
        return true;
    }
  });
}

std::optional<std::pair<int, Bytes>> split_payload(Bytes payload) {
  const auto header = load_value<nfgenmsg>(payload);
  if (!header) {
    return std::nullopt;
  }
  return std::pair<int, Bytes>(header->nfgen_family, payload.subspan(sizeof(nfgenmsg)));
}

} // namespace hindstat::ctnetlink
