// SPDX-License-Identifier: MIT
//
// Generic netlink has families whose numbers differ from boot to boot (include/uapi/linux/genetlink.h; net/netlink/
// genetlink.c ctrl_fill_info): struct genlmsghdr, then attributes.
#include "recorder/readers/genetlink_family.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <cerrno>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

std::optional<std::uint16_t> parse_family(std::span<const std::byte> payload, std::string_view name) {
  if (payload.size() < sizeof(genlmsghdr)) {
    return std::nullopt;
  }
  std::optional<std::uint16_t> number;
  bool named = false;
  NetlinkAttributes walk(payload.subspan(sizeof(genlmsghdr)));
  while (const auto attribute = walk.next()) {
    if (attribute->type == CTRL_ATTR_FAMILY_ID) {
      number = load_value<std::uint16_t>(attribute->value);
    } else if (attribute->type == CTRL_ATTR_FAMILY_NAME) {
      named = load_text(attribute->value) == name;
    }
  }
  return named && !walk.malformed() ? number : std::nullopt;
}

GenericFamily find_family(const System& system, std::string_view name) {
  std::optional<std::uint16_t> number;
  const genlmsghdr families{CTRL_CMD_GETFAMILY, 1, 0};
  const NetlinkRequest request{"genetlink-families", NETLINK_GENERIC, GENL_ID_CTRL,
                               std::as_bytes(std::span(&families, 1)), false};
  const DumpEnd end = system.netlink_dump(request, [&](std::span<const std::byte> datagram) {
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
      const auto found = message->type == GENL_ID_CTRL ? parse_family(message->payload, name) : std::nullopt;
      number = found ? found : number;
    }
  });
  if (end.error != 0) {
    return {end.error, 0};
  }
  return number ? GenericFamily{0, *number} : GenericFamily{ENOENT, 0};
}

} // namespace hindstat
