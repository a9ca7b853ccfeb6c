// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Transport of a tracked flow: IP protocol numbers; those without a name here are kept and printed as numbers.
enum class FlowProtocol : std::uint8_t {
  ip = 0,
  icmp = 1,
  tcp = 6,
  udp = 17,
  dccp = 33,
  gre = 47,
  esp = 50,
  icmpv6 = 58,
  sctp = 132,
  udplite = 136
};

template <>
struct NamesOf<FlowProtocol> {
  static constexpr std::array values = {ValueName{0, "ip"},     ValueName{1, "icmp"},     ValueName{2, "igmp"},
                                        ValueName{4, "ipip"},   ValueName{6, "tcp"},      ValueName{17, "udp"},
                                        ValueName{33, "dccp"},  ValueName{41, "ipv6"},    ValueName{47, "gre"},
                                        ValueName{50, "esp"},   ValueName{51, "ah"},      ValueName{58, "icmpv6"},
                                        ValueName{89, "ospf"},  ValueName{103, "pim"},    ValueName{112, "vrrp"},
                                        ValueName{132, "sctp"}, ValueName{136, "udplite"}};
};

/// What of a flow is rewritten.
enum class NatKind : std::uint8_t { source = 1, destination = 2 };

template <>
struct NamesOf<NatKind> {
  static constexpr std::array values = {ValueName{1, "source"}, ValueName{2, "destination"}};
};

/// How far a flow came. Both netlink and the text files tell these.
enum class FlowFlag : std::uint8_t { replied = 1, assured = 2, offload = 4, hw_offload = 8 };

template <>
struct NamesOf<FlowFlag> {
  static constexpr std::array values = {ValueName{1, "replied"}, ValueName{2, "assured"}, ValueName{4, "offload"},
                                        ValueName{8, "hw_offload"}};
};

/// Status bits (include/uapi/linux/netfilter/nf_conntrack_common.h IPS_*). The *_done bits say that NAT was decided
/// upon, also when the decision was to rewrite nothing.
enum class FlowStatus : std::uint32_t {
  seen_reply = 2,
  assured = 4,
  source_nat = 16,
  destination_nat = 32,
  offload = 1U << 14U,
  hw_offload = 1U << 15U
};

template <>
struct NamesOf<FlowStatus> {
  static constexpr std::array values = {
    ValueName{1, "expected"},      ValueName{2, "seen_reply"},       ValueName{4, "assured"},
    ValueName{8, "confirmed"},     ValueName{16, "src_nat"},         ValueName{32, "dst_nat"},
    ValueName{64, "seq_adjust"},   ValueName{128, "src_nat_done"},   ValueName{256, "dst_nat_done"},
    ValueName{512, "dying"},       ValueName{1024, "fixed_timeout"}, ValueName{2048, "template"},
    ValueName{4096, "nat_clash"},  ValueName{8192, "helper"},        ValueName{16384, "offload"},
    ValueName{32768, "hw_offload"}};
};

/// One flow that the kernel tracks, whether it is rewritten (NAT) or not. The original tuple is how its first packet
/// came in, the reply tuple what answers look like before they are rewritten back: a flow whose source is masqueraded
/// has the public address as reply_destination. Sources: ctnetlink (IPCTNL_MSG_CT_GET), else /proc/net/nf_conntrack,
/// /proc/net/ip_conntrack (kernels before 2.6.20), /proc/net/ip_masquerade (2.0 and 2.2: masqueraded flows only).
struct Conntrack {
  std::string netns;
  std::uint16_t zone = 0;
  FlowProtocol protocol = FlowProtocol::ip;
  IpAddress source;
  std::optional<std::uint16_t> source_port;
  IpAddress destination;
  std::optional<std::uint16_t> destination_port;
  std::optional<std::uint8_t> icmp_type;
  std::optional<std::uint8_t> icmp_code;
  std::optional<std::uint16_t> icmp_id;
  std::optional<std::uint32_t> id;
  std::optional<std::string> state;
  std::optional<FlagSet<FlowFlag>> flags;
  FlagSet<NatKind> nat;
  std::optional<IpAddress> reply_source;
  std::optional<std::uint16_t> reply_source_port;
  std::optional<IpAddress> reply_destination;
  std::optional<std::uint16_t> reply_destination_port;
  std::optional<std::uint8_t> reply_icmp_type;
  std::optional<std::uint8_t> reply_icmp_code;
  std::optional<std::uint16_t> reply_icmp_id;
  std::optional<std::uint16_t> reply_zone;
  std::optional<std::uint64_t> expires;
  std::optional<std::uint32_t> mark;
  std::optional<std::string> security_context;
  std::optional<std::string> labels;
  std::optional<std::string> helper;
  std::optional<std::uint64_t> packets;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> reply_packets;
  std::optional<std::uint64_t> reply_bytes;
  std::optional<std::uint64_t> started;
  std::optional<FlagSet<FlowStatus>> status;
  std::optional<std::uint32_t> sequence_position;
  std::optional<std::int32_t> sequence_delta;
  std::optional<std::int32_t> sequence_previous_delta;
  std::optional<std::uint32_t> use;
};

inline constexpr auto conntracks = define_table<Conntrack>(
  "conntrack", "Flows that connection tracking knows: those that are masqueraded (NAT) and all others.",
  field<&Conntrack::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Conntrack::zone>("zone", Role::key, "Conntrack zone of the original direction; 0 is the default zone."),
  field<&Conntrack::protocol>("protocol", Role::key, "Transport protocol."),
  field<&Conntrack::source>("source", Role::key, "Who began the flow: source of its first packet."),
  field<&Conntrack::source_port>("source_port", Role::key, "Source port (for GRE: key); null without ports."),
  field<&Conntrack::destination>("destination", Role::key, "Address that was asked for."),
  field<&Conntrack::destination_port>("destination_port", Role::key, "Port (for GRE: key) that was asked for."),
  field<&Conntrack::icmp_type>("icmp_type", Role::key, "ICMP type of the first packet."),
  field<&Conntrack::icmp_code>("icmp_code", Role::key, "ICMP code of the first packet."),
  field<&Conntrack::icmp_id>("icmp_id", Role::key, "ICMP identifier of the first packet."),
  field<&Conntrack::id>("id", Role::incarnation,
                        "Kernel's identifier of the entry, stable while it lives; only from netlink."),
  field<&Conntrack::state>("state", Role::state,
                           "State of TCP, SCTP or DCCP as seen in the middle; null for other protocols."),
  field<&Conntrack::flags>("flags", Role::state, "Answered, assured (not dropped early), offloaded to a flow table."),
  field<&Conntrack::nat>("nat", Role::attribute, "What is rewritten; nothing for a flow that is only tracked."),
  field<&Conntrack::reply_source>("reply_source", Role::attribute,
                                  "Source of answers: the address that really serves the flow."),
  field<&Conntrack::reply_source_port>("reply_source_port", Role::attribute, "Source port (for GRE: key) of answers."),
  field<&Conntrack::reply_destination>("reply_destination", Role::attribute,
                                       "Where answers go: for source NAT the address that hides the flow's source."),
  field<&Conntrack::reply_destination_port>("reply_destination_port", Role::attribute,
                                            "Port (for GRE: key) that answers go to: for source NAT the masqueraded "
                                            "port."),
  field<&Conntrack::reply_icmp_type>("reply_icmp_type", Role::note, "ICMP type of answers."),
  field<&Conntrack::reply_icmp_code>("reply_icmp_code", Role::note, "ICMP code of answers."),
  field<&Conntrack::reply_icmp_id>("reply_icmp_id", Role::attribute, "ICMP identifier of answers."),
  field<&Conntrack::reply_zone>("reply_zone", Role::attribute,
                                "Conntrack zone of answers; null where it is that of the original direction."),
  field<&Conntrack::expires>("expires", Role::timer, "When the entry is forgotten unless a packet comes.",
                             Unit::boottime_ms),
  field<&Conntrack::mark>("mark", Role::attribute, "Mark set on the flow (connmark)."),
  field<&Conntrack::security_context>("security_context", Role::attribute, "Security context of the flow."),
  field<&Conntrack::labels>("labels", Role::attribute,
                            "Numbers of the labels set (connlabel), comma-separated; only from netlink."),
  field<&Conntrack::helper>("helper", Role::attribute,
                            "Helper that follows the flow's protocol, such as ftp; only from netlink."),
  field<&Conntrack::packets>("packets", Role::counter, "Packets from the source; only with nf_conntrack_acct.",
                             Unit::packets),
  field<&Conntrack::bytes>("bytes", Role::counter, "Bytes from the source; only with nf_conntrack_acct.", Unit::bytes),
  field<&Conntrack::reply_packets>("reply_packets", Role::counter, "Packets of answers; only with nf_conntrack_acct.",
                                   Unit::packets),
  field<&Conntrack::reply_bytes>("reply_bytes", Role::counter, "Bytes of answers; only with nf_conntrack_acct.",
                                 Unit::bytes),
  field<&Conntrack::started>("started", Role::note,
                             "First packet, since 1970 by the host's clock; only with nf_conntrack_timestamp.",
                             Unit::nanoseconds),
  field<&Conntrack::status>("status", Role::note, "All status bits (IPS_*); only from netlink."),
  field<&Conntrack::sequence_position>("sequence_position", Role::note,
                                       "TCP sequence number from which on a helper shifts the stream."),
  field<&Conntrack::sequence_delta>("sequence_delta", Role::note, "Bytes that the stream is shifted by from there.",
                                    Unit::bytes),
  field<&Conntrack::sequence_previous_delta>("sequence_previous_delta", Role::note,
                                             "Bytes that the stream is shifted by before.", Unit::bytes),
  field<&Conntrack::use>("use", Role::note, "Kernel reference count."));

} // namespace hindstat
