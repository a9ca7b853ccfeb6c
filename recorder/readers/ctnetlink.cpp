// SPDX-License-Identifier: MIT
//
// ctnetlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h; net/netfilter/nf_conntrack_netlink.c
// ctnetlink_fill_info): struct nfgenmsg, then attributes, most of them nested and all numbers in network order:
//   CTA_TUPLE_ORIG { CTA_TUPLE_IP { CTA_IP_V4_SRC, CTA_IP_V4_DST }, CTA_TUPLE_PROTO { CTA_PROTO_NUM, ... } }
// They are walked with the helpers that every netlink reader here uses: libnetfilter_conntrack would fill an object on
// the heap for each flow, cannot tell a short attribute from a missing one, and drops attributes newer than itself all
// the same.
#include "recorder/readers/ctnetlink.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "recorder/readers/ctnetlink_values.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

using namespace ctnetlink;

/// Names as the kernel prints them in /proc/net/nf_conntrack (nf_conntrack_proto_tcp.c and its kin).
constexpr std::array<std::string_view, 10> tcp_states{"NONE",     "SYN_SENT",   "SYN_RECV", "ESTABLISHED",
                                                      "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
                                                      "CLOSE",    "SYN_SENT2"};
constexpr std::array<std::string_view, 10> sctp_states{
  "NONE",          "CLOSED",        "COOKIE_WAIT",       "COOKIE_ECHOED",  "ESTABLISHED",
  "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED"};
constexpr std::array<std::string_view, 10> dccp_states{"NONE",     "REQUEST", "RESPOND",  "PARTOPEN", "OPEN",
                                                       "CLOSEREQ", "CLOSING", "TIMEWAIT", "IGNORE",   "INVALID"};

bool read_state(std::optional<std::string>& target, Bytes attributes, std::uint16_t type,
                std::span<const std::string_view> names) {
  std::optional<std::uint8_t> state;
  if (!read_nested_number<std::uint8_t>(state, attributes, type)) {
    return false;
  }
  if (state) {
    target = *state < names.size() ? std::string(names[*state]) : std::to_string(*state);
  }
  return true;
}

bool read_protocol_info(std::optional<std::string>& state, Bytes attributes) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_PROTOINFO_TCP:
        return read_state(state, attribute.value, CTA_PROTOINFO_TCP_STATE, tcp_states);
      case CTA_PROTOINFO_SCTP:
        return read_state(state, attribute.value, CTA_PROTOINFO_SCTP_STATE, sctp_states);
      case CTA_PROTOINFO_DCCP:
        return read_state(state, attribute.value, CTA_PROTOINFO_DCCP_STATE, dccp_states);
      default:
        return true;
    }
  });
}

bool read_counters(std::optional<std::uint64_t>& packets, std::optional<std::uint64_t>& bytes, Bytes attributes) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_COUNTERS_PACKETS:
        return read_number<std::uint64_t>(packets, attribute.value);
      case CTA_COUNTERS_BYTES:
        return read_number<std::uint64_t>(bytes, attribute.value);
      default:
        return true;
    }
  });
}

bool read_offset(std::optional<std::int32_t>& target, Bytes value) {
  std::uint32_t raw = 0;
  const bool whole = read_number<std::uint32_t>(raw, value);
  target = static_cast<std::int32_t>(raw);
  return whole;
}

bool read_sequence(Conntrack& row, Bytes attributes) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_SEQADJ_CORRECTION_POS:
        return read_number<std::uint32_t>(row.sequence_position, attribute.value);
      case CTA_SEQADJ_OFFSET_BEFORE:
        return read_offset(row.sequence_previous_delta, attribute.value);
      case CTA_SEQADJ_OFFSET_AFTER:
        return read_offset(row.sequence_delta, attribute.value);
      default:
        return true;
    }
  });
}

bool read_nested_text(std::optional<std::string>& target, Bytes attributes, std::uint16_t type) {
  return read_attributes(attributes, [&](const NetlinkAttribute& attribute) {
    if (attribute.type == type) {
      target = load_text(attribute.value);
    }
    return true;
  });
}

/// "0,17": an array of unsigned long, of which at most 128 bits are in use (net/netfilter/nf_conntrack_labels.c).
std::optional<std::string> list_labels(Bytes value) {
  constexpr std::size_t most_bytes = 16;
  constexpr unsigned bits_per_byte = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(value.size(), most_bytes); ++i) {
    const auto byte = std::to_integer<unsigned>(value[i]);
    for (unsigned bit = 0; bit < bits_per_byte; ++bit) {
      if ((byte >> bit & 1U) != 0) {
        text += text.empty() ? "" : ",";
        text += std::to_string(i * bits_per_byte + bit);
      }
    }
  }
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

void set_status(Conntrack& row, std::uint32_t bits) {
  const FlagSet<FlowStatus> status(bits);
  row.status = status;
  row.flags = FlagSet<FlowFlag>();
  const auto copy_flag = [&](FlowStatus from, FlowFlag to) {
    if (status.has(from)) {
      row.flags->set(to);
    }
  };
  copy_flag(FlowStatus::seen_reply, FlowFlag::replied);
  copy_flag(FlowStatus::assured, FlowFlag::assured);
  copy_flag(FlowStatus::offload, FlowFlag::offload);
  copy_flag(FlowStatus::hw_offload, FlowFlag::hw_offload);
  if (status.has(FlowStatus::source_nat)) {
    row.nat.set(NatKind::source);
  }
  if (status.has(FlowStatus::destination_nat)) {
    row.nat.set(NatKind::destination);
  }
}

class FlowMessage {
public:
  explicit FlowMessage(const ReadMoment& moment) : moment_(moment) {
  }

  /// False when the message cannot be a flow.
  [[nodiscard]] bool read(Bytes attributes) {
    if (!read_attributes(attributes, [this](const NetlinkAttribute& attribute) { return read_one(attribute); })
        || !original_.protocol) {
      return false;
    }
    row_.protocol = static_cast<FlowProtocol>(*original_.protocol);
    return set_tuples(row_, original_, reply_);
  }

  [[nodiscard]] const Conntrack& row() const {
    return row_;
  }

private:
  bool read_one(const NetlinkAttribute& attribute) {
    const Bytes value = attribute.value;
    switch (attribute.type) {
      case CTA_TUPLE_ORIG:
        return read_tuple(original_, value);
      case CTA_TUPLE_REPLY:
        return read_tuple(reply_, value);
      case CTA_STATUS: {
        std::uint32_t bits = 0;
        const bool whole = read_number<std::uint32_t>(bits, value);
        set_status(row_, bits);
        return whole;
      }
      case CTA_PROTOINFO:
        return read_protocol_info(row_.state, value);
      case CTA_TIMEOUT:
        return read_expiry(row_.expires, value, moment_);
      case CTA_MARK:
        return read_number<std::uint32_t>(row_.mark, value);
      case CTA_COUNTERS_ORIG:
        return read_counters(row_.packets, row_.bytes, value);
      case CTA_COUNTERS_REPLY:
        return read_counters(row_.reply_packets, row_.reply_bytes, value);
      case CTA_USE:
        return read_number<std::uint32_t>(row_.use, value);
      case CTA_ID:
        return read_number<std::uint32_t>(row_.id, value);
      case CTA_ZONE:
        return read_number<std::uint16_t>(row_.zone, value);
      default:
        return read_rare(attribute);
    }
  }

  bool read_rare(const NetlinkAttribute& attribute) {
    switch (attribute.type) {
      case CTA_HELP:
        return read_nested_text(row_.helper, attribute.value, CTA_HELP_NAME);
      case CTA_SECCTX:
        return read_nested_text(row_.security_context, attribute.value, CTA_SECCTX_NAME);
      case CTA_SEQ_ADJ_ORIG:
        return read_sequence(row_, attribute.value);
      case CTA_TIMESTAMP:
        return read_nested_number<std::uint64_t>(row_.started, attribute.value, CTA_TIMESTAMP_START);
      case CTA_LABELS:
        row_.labels = list_labels(attribute.value);
        return true;
      default:
        return true;
    }
  }

  ReadMoment moment_;
  Conntrack row_;
  FlowTuple original_;
  FlowTuple reply_;
};

CtnetlinkTypes types_of(int subsystem, int request, int answer) {
  constexpr int subsystem_shift = 8;
  const int base = subsystem << subsystem_shift;
  return {static_cast<std::uint16_t>(base | request), static_cast<std::uint16_t>(base | answer)};
}

} // namespace

CtnetlinkTypes ctnetlink_flows() {
  return types_of(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_NEW);
}

CtnetlinkTypes ctnetlink_expectations() {
  return types_of(NFNL_SUBSYS_CTNETLINK_EXP, IPCTNL_MSG_EXP_GET, IPCTNL_MSG_EXP_NEW);
}

CtnetlinkTypes ctnetlink_statistics() {
  return types_of(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU, IPCTNL_MSG_CT_GET_STATS_CPU);
}

std::array<std::byte, 4> ctnetlink_request() {
  nfgenmsg header{};
  header.nfgen_family = AF_UNSPEC;
  header.version = NFNETLINK_V0;
  return std::bit_cast<std::array<std::byte, sizeof(header)>>(header);
}

Verdict add_flow_message(ConntrackRows& rows, std::span<const std::byte> payload, const ReadMoment& moment) {
  const auto parts = split_payload(payload);
  if (!parts) {
    return Verdict::rejected;
  }
  if (parts->first != AF_INET && parts->first != AF_INET6) {
    return Verdict::skipped;
  }
  FlowMessage flow(moment);
  if (!flow.read(parts->second) || flow.row().source.is_v6() != (parts->first == AF_INET6)) {
    return Verdict::rejected;
  }
  rows.add(flow.row());
  return Verdict::kept;
}

} // namespace hindstat
