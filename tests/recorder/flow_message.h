// SPDX-License-Identifier: MIT
#pragma once

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "tables/ip_address.h"
#include "tests/recorder/netlink_builder.h"

namespace hindstat::test {

constexpr int nested = 0x8000; // NLA_F_NESTED

/// CTA_TUPLE_IP and CTA_TUPLE_PROTO of a flow with ports, as ctnetlink_dump_tuples() makes them.
inline NetlinkBuilder tuple_of(const char* source, std::uint16_t sport, const char* destination, std::uint16_t dport,
                               std::uint8_t protocol = 6) {
  const IpAddress from = parse_ip_address(source).value();
  const IpAddress to = parse_ip_address(destination).value();
  NetlinkBuilder ip;
  ip.attribute_text(from.is_v6() ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, from.bytes());
  ip.attribute_text(to.is_v6() ? CTA_IP_V6_DST : CTA_IP_V4_DST, to.bytes());
  NetlinkBuilder proto;
  proto.attribute_value(CTA_PROTO_NUM, protocol);
  proto.attribute_value(CTA_PROTO_SRC_PORT, htobe16(sport));
  proto.attribute_value(CTA_PROTO_DST_PORT, htobe16(dport));
  NetlinkBuilder tuple;
  tuple.attribute(CTA_TUPLE_IP | nested, ip.bytes());
  tuple.attribute(CTA_TUPLE_PROTO | nested, proto.bytes());
  return tuple;
}

inline NetlinkBuilder icmp_tuple_of(const char* source, const char* destination, std::uint8_t type, std::uint16_t id) {
  NetlinkBuilder ip;
  ip.attribute_text(CTA_IP_V4_SRC, parse_ip_address(source)->bytes());
  ip.attribute_text(CTA_IP_V4_DST, parse_ip_address(destination)->bytes());
  NetlinkBuilder proto;
  proto.attribute_value(CTA_PROTO_NUM, std::uint8_t{1});
  proto.attribute_value(CTA_PROTO_ICMP_ID, htobe16(id));
  proto.attribute_value(CTA_PROTO_ICMP_TYPE, type);
  proto.attribute_value(CTA_PROTO_ICMP_CODE, std::uint8_t{0});
  NetlinkBuilder tuple;
  tuple.attribute(CTA_TUPLE_IP | nested, ip.bytes());
  tuple.attribute(CTA_TUPLE_PROTO | nested, proto.bytes());
  return tuple;
}

/// struct nfgenmsg, which attributes follow.
inline NetlinkBuilder nfgen_header(int family = AF_INET) {
  NetlinkBuilder message;
  message.value(nfgenmsg{static_cast<std::uint8_t>(family), NFNETLINK_V0, 0});
  return message;
}

/// A masqueraded TCP flow 10.77.1.2:40000 > 10.77.2.2:7000, answered to 10.77.2.1:61740.
inline NetlinkBuilder masqueraded_flow(std::uint32_t status = 0x19e) {
  NetlinkBuilder state;
  state.attribute_value(CTA_PROTOINFO_TCP_STATE, std::uint8_t{3});
  NetlinkBuilder info;
  info.attribute(CTA_PROTOINFO_TCP | nested, state.bytes());
  return nfgen_header()
    .attribute(CTA_TUPLE_ORIG | nested, tuple_of("10.77.1.2", 40000, "10.77.2.2", 7000).bytes())
    .attribute(CTA_TUPLE_REPLY | nested, tuple_of("10.77.2.2", 7000, "10.77.2.1", 61740).bytes())
    .attribute_value(CTA_STATUS, htobe32(status))
    .attribute_value(CTA_TIMEOUT, htobe32(431999))
    .attribute(CTA_PROTOINFO | nested, info.bytes());
}

} // namespace hindstat::test
