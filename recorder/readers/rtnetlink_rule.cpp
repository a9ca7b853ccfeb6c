// SPDX-License-Identifier: MIT
//
// RTM_NEWRULE (net/core/fib_rules.c fib_nl_fill_rule, net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c): struct
// fib_rule_hdr, then attributes.
#include "recorder/readers/rtnetlink_rule.h"

#include <linux/fib_rules.h>
#include <sys/socket.h>

#include <bit>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

constexpr std::uint16_t fra_dscp = 25; // Since Linux 6.13; not in older headers.
constexpr std::uint32_t no_suppressing = ~0U;

using Bytes = std::span<const std::byte>;

std::uint64_t from_big_endian(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

template <typename Value>
bool set(std::optional<Value>& target, Bytes value) {
  target = load_value<Value>(value);
  return target.has_value();
}

bool set_address(std::optional<IpAddress>& target, Bytes value, int family) {
  target = load_address(value);
  return target && target->is_v6() == (family == AF_INET6);
}

bool set_ports(std::optional<std::uint16_t>& first, std::optional<std::uint16_t>& last, Bytes value) {
  const auto range = load_value<fib_rule_port_range>(value);
  if (range) {
    first = range->start;
    last = range->end;
  }
  return range.has_value();
}

bool set_uids(Rule& row, Bytes value) {
  const auto range = load_value<fib_rule_uid_range>(value);
  if (range) {
    row.first_uid = range->start;
    row.last_uid = range->end;
  }
  return range.has_value();
}

/// What the rule matches. nullopt for an attribute that is no selector; false when it is not whole.
std::optional<bool> read_selector(Rule& row, const NetlinkAttribute& attribute, int family) {
  switch (attribute.type) {
    case FRA_SRC:
      return set_address(row.source, attribute.value, family);
    case FRA_DST:
      return set_address(row.destination, attribute.value, family);
    case FRA_FWMARK:
      return set(row.mark, attribute.value);
    case FRA_FWMASK:
      return set(row.mark_mask, attribute.value);
    case FRA_IIFNAME:
      row.in_interface = load_text(attribute.value);
      return true;
    case FRA_OIFNAME:
      row.out_interface = load_text(attribute.value);
      return true;
    case FRA_L3MDEV:
      row.l3_master = load_value<std::uint8_t>(attribute.value).value_or(0) != 0;
      return true;
    case FRA_UID_RANGE:
      return set_uids(row, attribute.value);
    case FRA_IP_PROTO:
      return set(row.ip_protocol, attribute.value);
    case FRA_SPORT_RANGE:
      return set_ports(row.first_source_port, row.last_source_port, attribute.value);
    case FRA_DPORT_RANGE:
      return set_ports(row.first_destination_port, row.last_destination_port, attribute.value);
    case FRA_TUN_ID:
      row.tunnel_id = load_value<std::uint64_t>(attribute.value);
      row.tunnel_id = row.tunnel_id ? std::optional(from_big_endian(*row.tunnel_id)) : std::nullopt;
      return row.tunnel_id.has_value();
    case fra_dscp:
      return set(row.dscp, attribute.value);
    default:
      return std::nullopt;
  }
}

bool set_unless_off(std::optional<std::uint32_t>& target, Bytes value) {
  const bool whole = set(target, value);
  target = target == no_suppressing ? std::nullopt : target;
  return whole;
}

/// What it does. False when the attribute is one that is stored and not whole.
bool read_effect(Rule& row, const NetlinkAttribute& attribute) {
  switch (attribute.type) {
    case FRA_PRIORITY:
      row.priority = load_value<std::uint32_t>(attribute.value).value_or(0);
      return attribute.value.size() >= sizeof(row.priority);
    case FRA_TABLE:
      return set(row.table, attribute.value);
    case FRA_GOTO:
      return set(row.goto_priority, attribute.value);
    case FRA_PROTOCOL:
      return set(row.protocol, attribute.value);
    case FRA_SUPPRESS_PREFIXLEN:
      return set_unless_off(row.suppress_prefix_length, attribute.value);
    case FRA_SUPPRESS_IFGROUP:
      return set_unless_off(row.suppress_interface_group, attribute.value);
    case FRA_FLOW:
      return set(row.realms, attribute.value);
    default:
      return true;
  }
}

} // namespace

Verdict add_rule_message(RuleRows& rows, std::span<const std::byte> payload, int family) {
  const auto header = load_value<fib_rule_hdr>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  if (header->family != family) {
    return Verdict::skipped;
  }
  Rule row;
  row.family = family == AF_INET6 ? IpFamily::ipv6 : IpFamily::ipv4;
  row.source_length = header->src_len;
  row.destination_length = header->dst_len;
  row.tos = header->tos;
  row.action = static_cast<RuleAction>(header->action);
  row.table = header->table;
  row.flags = FlagSet<RuleFlag>(header->flags);
  NetlinkAttributes walk(payload.subspan(sizeof(fib_rule_hdr)));
  while (const auto attribute = walk.next()) {
    const std::optional<bool> selector = read_selector(row, *attribute, family);
    if (!(selector ? *selector : read_effect(row, *attribute))) {
      return Verdict::rejected;
    }
  }
  if (walk.malformed()) {
    return Verdict::rejected;
  }
  if (row.action != RuleAction::look_up || row.table == 0U) {
    row.table = std::nullopt; // With a VRF's rule the table is that of the interface.
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
