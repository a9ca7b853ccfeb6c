// SPDX-License-Identifier: MIT
#include "recorder/readers/interface_names.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "recorder/netlink_message.h"

namespace hindstat {

namespace {

struct LinkRequest {
  ifinfomsg header;
  nlattr mask_header;
  std::uint32_t mask;
};

} // namespace

std::optional<std::string> InterfaceNames::find(std::uint32_t ifindex) const {
  const auto found = std::ranges::lower_bound(all, ifindex, {}, &std::pair<std::uint32_t, std::string>::first);
  return found != all.end() && found->first == ifindex ? std::optional(found->second) : std::nullopt;
}

std::optional<std::pair<std::uint32_t, std::string>> parse_link(std::span<const std::byte> payload) {
  const auto header = load_value<ifinfomsg>(payload);
  if (!header || header->ifi_index <= 0) {
    return std::nullopt;
  }
  NetlinkAttributes attributes(payload.subspan(sizeof(ifinfomsg)));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_IFNAME) {
      std::string name(reinterpret_cast<const char*>(attribute->value.data()), attribute->value.size());
      name.resize(std::min(name.find('\0'), name.size()));
      return std::pair(static_cast<std::uint32_t>(header->ifi_index), std::move(name));
    }
  }
  return std::nullopt;
}

InterfaceNames read_interface_names(const System& system) {
  LinkRequest request{};
  request.header.ifi_family = AF_UNSPEC;
  request.mask_header = {sizeof(nlattr) + sizeof(std::uint32_t), IFLA_EXT_MASK};
  request.mask = RTEXT_FILTER_SKIP_STATS; // Names are all that is wanted; statistics are most of an answer.
  InterfaceNames names;
  const DumpEnd end = system.netlink_dump(
    {"rtnetlink-link", NETLINK_ROUTE, RTM_GETLINK, std::as_bytes(std::span(&request, 1)), true},
    [&names](std::span<const std::byte> datagram) {
      NetlinkMessages messages(datagram);
      while (const auto message = messages.next()) {
        if (auto link = message->type == RTM_NEWLINK ? parse_link(message->payload) : std::nullopt) {
          names.all.push_back(*std::move(link));
        }
      }
    });
  // An interrupted dump still names the interfaces that stayed.
  names.error = end.error;
  std::ranges::sort(names.all);
  return names;
}

} // namespace hindstat
