// SPDX-License-Identifier: MIT
//
// RTM_NEWNEIGH (net/core/neighbour.c neigh_fill_info, pneigh_fill_info): struct ndmsg, then attributes. Ages are in
// ticks of USER_HZ.
#include "recorder/readers/rtnetlink_neighbour.h"

#include <linux/neighbour.h>
#include <sys/socket.h>

#include "recorder/netlink_message.h"
#include "recorder/readers/link_address.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

NeighbourResolution resolution_of(std::uint16_t state) {
  constexpr unsigned resolved = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
  return (state & NUD_PERMANENT) != 0    ? NeighbourResolution::permanent
         : (state & resolved) != 0       ? NeighbourResolution::resolved
         : (state & NUD_INCOMPLETE) != 0 ? NeighbourResolution::incomplete
         : (state & NUD_FAILED) != 0     ? NeighbourResolution::failed
                                         : NeighbourResolution::unresolved;
}

std::uint64_t moment_before(std::uint64_t boottime_ms, std::uint32_t ticks_ago) {
  constexpr std::uint64_t ms_per_tick = 10; // USER_HZ is 100.
  const std::uint64_t age = ticks_ago * ms_per_tick;
  return age < boottime_ms ? boottime_ms - age : 0;
}

bool add_ages(Neighbour& row, std::span<const std::byte> value, std::uint64_t boottime_ms) {
  const auto info = load_value<nda_cacheinfo>(value);
  if (info) {
    row.confirmed = moment_before(boottime_ms, info->ndm_confirmed);
    row.used = moment_before(boottime_ms, info->ndm_used);
    row.updated = moment_before(boottime_ms, info->ndm_updated);
  }
  return info.has_value();
}

/// False when the attribute is one that is stored and not whole.
bool read_attribute(Neighbour& row, const NetlinkAttribute& attribute, int family, std::uint64_t boottime_ms) {
  switch (attribute.type) {
    case NDA_DST: {
      const auto address = load_address(attribute.value);
      row.address = address.value_or(IpAddress());
      return address && address->is_v6() == (family == AF_INET6);
    }
    case NDA_LLADDR:
      row.link_address = format_link_address(attribute.value);
      return true;
    case NDA_CACHEINFO:
      return add_ages(row, attribute.value, boottime_ms);
    case NDA_PROBES:
      row.probes = load_value<std::uint32_t>(attribute.value);
      return row.probes.has_value();
    case NDA_PROTOCOL:
      row.protocol = load_value<std::uint8_t>(attribute.value);
      return row.protocol.has_value();
    default:
      return true;
  }
}

} // namespace

Verdict add_neighbour_message(NeighbourRows& rows, std::span<const std::byte> payload, int family,
                              const InterfaceNames& names, std::uint64_t boottime_ms) {
  const auto header = load_value<ndmsg>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  if (header->ndm_family != family || (header->ndm_state & NUD_NOARP) != 0) {
    return Verdict::skipped;
  }
  Neighbour row;
  row.interface = names.name_of(static_cast<std::uint32_t>(header->ndm_ifindex));
  row.proxy = (header->ndm_flags & NTF_PROXY) != 0;
  row.flags = FlagSet<NeighbourFlag>(header->ndm_flags);
  if (!row.proxy) {
    row.resolution = resolution_of(header->ndm_state);
    row.state = static_cast<NeighbourState>(header->ndm_state & 0xff);
  }
  bool has_address = false;
  NetlinkAttributes walk(payload.subspan(sizeof(ndmsg)));
  while (const auto attribute = walk.next()) {
    if (!read_attribute(row, *attribute, family, boottime_ms)) {
      return Verdict::rejected;
    }
    has_address = has_address || attribute->type == NDA_DST;
  }
  if (walk.malformed() || !has_address) {
    return Verdict::rejected;
  }
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
