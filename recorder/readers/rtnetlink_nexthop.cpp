// SPDX-License-Identifier: MIT
//
// RTM_NEWNEXTHOP (include/uapi/linux/nexthop.h; net/ipv4/nexthop.c nh_fill_node): struct nhmsg, then attributes; a
// group has its members in NHA_GROUP, whose weights are one less than they count.
#include "recorder/readers/rtnetlink_nexthop.h"

#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/netlink_message.h"
#include "recorder/readers/table_parts.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

using Bytes = std::span<const std::byte>;

/// "1,15/3" as `ip nexthop` writes it; nullopt when the last member is not whole.
std::optional<std::string> format_group(Bytes value) {
  std::string text;
  for (std::size_t at = 0; at < value.size(); at += sizeof(nexthop_grp)) {
    const auto member = load_value<nexthop_grp>(value, at);
    if (!member) {
      return std::nullopt;
    }
    text += (text.empty() ? "" : ",") + std::to_string(member->id);
    text += member->weight != 0 ? "/" + std::to_string(member->weight + 1) : "";
  }
  return text;
}

/// False when the attribute is one that is stored and not whole.
bool read_attribute(Nexthop& row, const NetlinkAttribute& attribute, const InterfaceNames& names) {
  switch (attribute.type) {
    case NHA_ID:
      row.id = load_value<std::uint32_t>(attribute.value).value_or(0);
      return row.id != 0;
    case NHA_GROUP:
      row.group = format_group(attribute.value);
      return row.group.has_value();
    case NHA_GROUP_TYPE:
      row.group_type = static_cast<NexthopGroupType>(load_value<std::uint16_t>(attribute.value).value_or(0));
      return attribute.value.size() >= sizeof(std::uint16_t);
    case NHA_BLACKHOLE:
      row.blackhole = true;
      return true;
    case NHA_FDB:
      row.fdb = true;
      return true;
    case NHA_OIF:
      row.interface = names.find(load_value<std::uint32_t>(attribute.value).value_or(0));
      return attribute.value.size() >= sizeof(std::uint32_t);
    case NHA_GATEWAY:
      row.gateway = load_address(attribute.value);
      return row.gateway.has_value();
    case NHA_ENCAP_TYPE:
      row.encapsulation = load_value<std::uint16_t>(attribute.value);
      return row.encapsulation.has_value();
    default:
      return true;
  }
}

PartRead read_netlink(ReadContext& context, NexthopRows& rows, Capture& capture) {
  const nhmsg header{};
  const NetlinkRequest request{"rtnetlink-nexthop", NETLINK_ROUTE, RTM_GETNEXTHOP, std::as_bytes(std::span(&header, 1)),
                               true};
  const auto add = [&rows](auto payload, const InterfaceNames& names, std::uint64_t) {
    return add_nexthop_message(rows, payload, names);
  };
  return {read_rtnetlink(context, request, RTM_NEWNEXTHOP, rows, capture, add)};
}

} // namespace

Verdict add_nexthop_message(NexthopRows& rows, std::span<const std::byte> payload, const InterfaceNames& names) {
  const auto header = load_value<nhmsg>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  Nexthop row;
  row.family = header->nh_family == AF_INET    ? IpFamily::ipv4
               : header->nh_family == AF_INET6 ? IpFamily::ipv6
                                               : IpFamily::none;
  row.protocol = static_cast<RouteProtocol>(header->nh_protocol);
  row.scope = static_cast<RouteScope>(header->nh_scope);
  row.flags = FlagSet<RouteFlag>(static_cast<std::uint8_t>(header->nh_flags));
  NetlinkAttributes walk(payload.subspan(sizeof(nhmsg)));
  while (const auto attribute = walk.next()) {
    if (!read_attribute(row, *attribute, names)) {
      return Verdict::rejected;
    }
  }
  if (walk.malformed() || row.id == 0) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

void read_nexthops(ReadContext& context) {
  TableParts table(context, nexthops.name(), NexthopRows(nexthops));
  table.read("nexthop", {{"netlink", std::bind_front(read_netlink, std::ref(context))}});
  std::move(table).keep("rtnetlink does not answer");
}

} // namespace hindstat
