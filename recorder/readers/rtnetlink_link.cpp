// SPDX-License-Identifier: MIT
//
// RTM_NEWLINK (include/uapi/linux/if_link.h; net/core/rtnetlink.c rtnl_fill_ifinfo): struct ifinfomsg, then
// attributes. IFLA_STATS64 grows at its end with each kernel: what is not there is not known.
#include "recorder/readers/rtnetlink_link.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "recorder/netlink_message.h"
#include "recorder/wire_values.h"

namespace hindstat {

namespace {

using Bytes = std::span<const std::byte>;

/// One number of struct rtnl_link_stats64: it is always known from any source, or it is not.
struct Statistic {
  std::uint64_t Interface::*always = nullptr;
  std::optional<std::uint64_t> Interface::*sometimes = nullptr;
};

// In the order of the struct.
constexpr std::array<Statistic, 25> statistics = {{
  {&Interface::rx_packets, nullptr},
  {&Interface::tx_packets, nullptr},
  {nullptr, &Interface::rx_bytes},
  {nullptr, &Interface::tx_bytes},
  {&Interface::rx_errors, nullptr},
  {&Interface::tx_errors, nullptr},
  {nullptr, &Interface::rx_dropped},
  {&Interface::tx_dropped, nullptr},
  {nullptr, &Interface::multicast},
  {&Interface::collisions, nullptr},
  {nullptr, &Interface::rx_length_errors},
  {nullptr, &Interface::rx_over_errors},
  {nullptr, &Interface::rx_crc_errors},
  {nullptr, &Interface::rx_frame_errors},
  {nullptr, &Interface::rx_fifo_errors},
  {nullptr, &Interface::rx_missed_errors},
  {nullptr, &Interface::tx_aborted_errors},
  {nullptr, &Interface::tx_carrier_errors},
  {&Interface::tx_fifo_errors, nullptr},
  {nullptr, &Interface::tx_heartbeat_errors},
  {nullptr, &Interface::tx_window_errors},
  {nullptr, &Interface::rx_compressed},
  {nullptr, &Interface::tx_compressed},
  {nullptr, &Interface::rx_nohandler},
  {nullptr, &Interface::rx_otherhost_dropped},
}};
constexpr std::size_t least_statistics = 23; // Of Linux 2.6.35, the first that had the struct.

class LinkMessage {
public:
  explicit LinkMessage(const ifinfomsg& header) {
    link_.row.ifindex = static_cast<std::uint32_t>(header.ifi_index);
    link_.row.flags = FlagSet<InterfaceFlag>(header.ifi_flags);
  }

  [[nodiscard]] std::optional<Link> read(Bytes attributes) {
    NetlinkAttributes walk(attributes);
    while (const auto attribute = walk.next()) {
      if (!read_one(*attribute)) {
        return std::nullopt;
      }
    }
    return walk.malformed() || link_.row.name.empty() ? std::nullopt : std::optional(std::move(link_));
  }

private:
  template <typename Target>
  static bool set_number(Target& target, Bytes value) {
    const auto number = load_value<std::uint32_t>(value);
    target = number.value_or(0);
    return number.has_value();
  }

  /// False when the attribute is one that is stored and not whole.
  bool read_one(const NetlinkAttribute& attribute) {
    Interface& row = link_.row;
    switch (attribute.type) {
      case IFLA_IFNAME:
        row.name = load_text(attribute.value);
        return !row.name.empty();
      case IFLA_ADDRESS:
        row.mac = load_mac(attribute.value);
        return true;
      case IFLA_OPERSTATE:
        row.operstate = load_value<OperState>(attribute.value);
        return row.operstate.has_value();
      case IFLA_MTU:
        return set_number(row.mtu, attribute.value);
      case IFLA_TXQLEN:
        return set_number(row.txqlen, attribute.value);
      case IFLA_CARRIER_CHANGES:
        return set_number(row.carrier_changes, attribute.value);
      case IFLA_MASTER:
        return set_number(link_.master_index, attribute.value);
      case IFLA_QDISC:
        row.qdisc = load_text(attribute.value);
        return true;
      case IFLA_GROUP:
        return set_number(row.group, attribute.value);
      case IFLA_LINK:
        return set_link(attribute.value);
      case IFLA_LINK_NETNSID:
        row.link_netnsid = load_value<std::int32_t>(attribute.value);
        return row.link_netnsid.has_value();
      case IFLA_LINKMODE:
        row.link_mode = load_value<CarrierMode>(attribute.value);
        return row.link_mode.has_value();
      case IFLA_PROP_LIST:
        return read_names(attribute.value);
      case IFLA_LINKINFO:
        return read_info(attribute.value);
      case IFLA_STATS64:
        return read_statistics(attribute.value);
      default:
        return true;
    }
  }

  /// Other lengths are addresses of other kinds of links: 20 bytes of InfiniBand, 4 of a tunnel over IPv4.
  static std::optional<MacAddress> load_mac(Bytes bytes) {
    constexpr std::size_t length = 6;
    if (bytes.size() != length) {
      return std::nullopt;
    }
    MacAddress mac;
    for (const std::byte byte : bytes) {
      mac.value = mac.value << 8U | std::to_integer<std::uint64_t>(byte);
    }
    return mac;
  }

  /// A tunnel over no device has 0 there.
  bool set_link(Bytes value) {
    const auto index = load_value<std::uint32_t>(value);
    link_.row.link_index = index.value_or(0) != 0 ? index : std::nullopt;
    return index.has_value();
  }

  bool read_names(Bytes attributes) {
    std::string names;
    NetlinkAttributes walk(attributes);
    while (const auto attribute = walk.next()) {
      if (attribute->type == IFLA_ALT_IFNAME) {
        names += (names.empty() ? "" : " ") + load_text(attribute->value);
      }
    }
    link_.row.altnames = names.empty() ? std::nullopt : std::optional(std::move(names));
    return !walk.malformed();
  }

  bool read_info(Bytes attributes) {
    NetlinkAttributes walk(attributes);
    while (const auto attribute = walk.next()) {
      if (attribute->type == IFLA_INFO_KIND) {
        link_.row.kind = load_text(attribute->value);
      }
    }
    return !walk.malformed();
  }

  bool read_statistics(Bytes values) {
    if (values.size() < least_statistics * sizeof(std::uint64_t)) {
      return false;
    }
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      const auto value = load_value<std::uint64_t>(values, i * sizeof(std::uint64_t));
      if (!value) {
        break;
      }
      if (statistics[i].always != nullptr) {
        link_.row.*statistics[i].always = *value;
      } else {
        link_.row.*statistics[i].sometimes = *value;
      }
    }
    link_.has_statistics = true;
    return true;
  }

  Link link_;
};

void add_links(LinkDump& dump, Bytes datagram) {
  NetlinkMessages messages(datagram);
  while (const auto message = messages.next()) {
    if (message->type != RTM_NEWLINK) {
      continue;
    }
    if (auto link = parse_link(message->payload)) {
      dump.links.push_back(*std::move(link));
    } else if (dump.rejected++ == 0) {
      dump.example.assign(message->payload.begin(), message->payload.end());
    }
  }
}

} // namespace

std::optional<Link> parse_link(std::span<const std::byte> payload) {
  const auto header = load_value<ifinfomsg>(payload);
  if (!header || header->ifi_index <= 0) {
    return std::nullopt;
  }
  return LinkMessage(*header).read(payload.subspan(sizeof(ifinfomsg)));
}

LinkDump read_links(const System& system) {
  constexpr int most_tries = 3;
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  const NetlinkRequest request{"rtnetlink-link", NETLINK_ROUTE, RTM_GETLINK, std::as_bytes(std::span(&header, 1)),
                               true};
  LinkDump dump;
  for (int tries = 0; tries < most_tries; ++tries) {
    dump = {};
    dump.end = system.netlink_dump(request, [&dump](Bytes datagram) { add_links(dump, datagram); });
    if (dump.end.error != 0 || !dump.end.interrupted) {
      break;
    }
  }
  return dump;
}

InterfaceNames names_of(const LinkDump& dump) {
  InterfaceNames names;
  // An interrupted dump still names the interfaces that stayed.
  names.error = dump.end.error;
  for (const Link& link : dump.links) {
    names.all.emplace_back(link.row.ifindex, link.row.name);
  }
  std::ranges::sort(names.all);
  return names;
}

} // namespace hindstat
