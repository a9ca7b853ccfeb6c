// SPDX-License-Identifier: MIT
//
// Speed and duplex, from generic netlink, whose families have a number that differs from boot to boot
// (include/uapi/linux/genetlink.h; ethtool_netlink.h; net/ethtool/linkmodes.c): struct genlmsghdr, then attributes.
#include "recorder/readers/ethtool_link_modes.h"

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "recorder/netlink_message.h"
#include "recorder/readers/genetlink_family.h"

namespace hindstat {

namespace {

using Bytes = std::span<const std::byte>;

/// What the links are asked: the fewest bytes, no device in particular.
struct LinkModesRequest {
  genlmsghdr header{ETHTOOL_MSG_LINKMODES_GET, ETHTOOL_GENL_VERSION, 0};
  nlattr device{sizeof(nlattr) + sizeof(nlattr) + sizeof(std::uint32_t), NLA_F_NESTED | ETHTOOL_A_LINKMODES_HEADER};
  nlattr flags{sizeof(nlattr) + sizeof(std::uint32_t), ETHTOOL_A_HEADER_FLAGS};
  std::uint32_t compact = ETHTOOL_FLAG_COMPACT_BITSETS;
};

template <typename Each>
void for_each_message(Bytes datagram, std::uint16_t type, Each&& each) {
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    if (message->type == type) {
      each(message->payload);
    }
  }
}

/// The index in a reply's header; nullopt when it is not whole.
std::optional<std::uint32_t> parse_index(Bytes attributes) {
  std::optional<std::uint32_t> index;
  NetlinkAttributes walk(attributes);
  while (const auto attribute = walk.next()) {
    if (attribute->type == ETHTOOL_A_HEADER_DEV_INDEX) {
      index = load_value<std::uint32_t>(attribute->value);
    }
  }
  return walk.malformed() ? std::nullopt : index;
}

std::optional<std::uint32_t> parse_speed(Bytes value) {
  const auto speed = load_value<std::uint32_t>(value);
  return speed == static_cast<std::uint32_t>(SPEED_UNKNOWN) ? std::nullopt : speed;
}

std::optional<Duplex> parse_duplex(Bytes value) {
  const auto duplex = load_value<std::uint8_t>(value);
  return duplex == DUPLEX_HALF || duplex == DUPLEX_FULL ? std::optional(static_cast<Duplex>(*duplex)) : std::nullopt;
}

} // namespace

std::optional<LinkMode> parse_link_mode(std::span<const std::byte> payload) {
  if (payload.size() < sizeof(genlmsghdr)) {
    return std::nullopt;
  }
  LinkMode mode;
  NetlinkAttributes walk(payload.subspan(sizeof(genlmsghdr)));
  while (const auto attribute = walk.next()) {
    if (attribute->type == ETHTOOL_A_LINKMODES_HEADER) {
      mode.ifindex = parse_index(attribute->value).value_or(0);
    } else if (attribute->type == ETHTOOL_A_LINKMODES_SPEED) {
      mode.speed = parse_speed(attribute->value);
    } else if (attribute->type == ETHTOOL_A_LINKMODES_DUPLEX) {
      mode.duplex = parse_duplex(attribute->value);
    }
  }
  return mode.ifindex == 0 || walk.malformed() ? std::nullopt : std::optional(mode);
}

void LinkModes::add_to(Interface& row) const {
  if (const auto found = modes.find(row.ifindex); found != modes.end()) {
    row.speed = found->second.speed;
    row.duplex = found->second.duplex;
  }
}

LinkModes read_link_modes(const System& system) {
  LinkModes modes;
  const GenericFamily family = find_family(system, ETHTOOL_GENL_NAME);
  modes.error = family.error;
  if (modes.error != 0) {
    return modes;
  }
  const LinkModesRequest links;
  const NetlinkRequest request{"ethtool-linkmodes", NETLINK_GENERIC, family.number, std::as_bytes(std::span(&links, 1)),
                               false};
  const auto add = [&](Bytes payload) {
    if (const auto mode = parse_link_mode(payload)) {
      modes.modes[mode->ifindex] = *mode;
    } else if (modes.rejected++ == 0) {
      modes.example.assign(payload.begin(), payload.end());
    }
  };
  modes.error =
    system.netlink_dump(request, [&](Bytes datagram) { for_each_message(datagram, family.number, add); }).error;
  return modes;
}

} // namespace hindstat
