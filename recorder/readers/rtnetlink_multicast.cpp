// SPDX-License-Identifier: MIT
//
// RTM_GETMULTICAST (net/ipv6/addrconf.c inet6_fill_ifmcaddr; net/ipv4/igmp.c inet_fill_ifmcaddr from Linux 6.14 on):
// struct ifaddrmsg, then attributes: IFA_MULTICAST is the group, IFA_CACHEINFO says when it was joined and changed.
#include "recorder/readers/rtnetlink_multicast.h"

#include <linux/if_addr.h>
#include <sys/socket.h>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

Verdict add_multicast_message(MulticastRows& rows, std::span<const std::byte> payload, int family,
                              const InterfaceNames& names) {
  const auto header = load_value<ifaddrmsg>(payload);
  if (!header) {
    return Verdict::rejected;
  }
  if (header->ifa_family != family) {
    return Verdict::skipped;
  }
  std::optional<IpAddress> group;
  NetlinkAttributes attributes(payload.subspan(sizeof(ifaddrmsg)));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFA_MULTICAST) {
      group = load_address(attribute->value);
    }
  }
  if (attributes.malformed() || !group || group->is_v6() != (family == AF_INET6)) {
    return Verdict::rejected;
  }
  MulticastGroup row;
  row.interface = names.name_of(header->ifa_index);
  row.group = *group;
  rows.add(row);
  return Verdict::kept;
}

} // namespace hindstat
