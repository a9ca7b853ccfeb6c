// SPDX-License-Identifier: MIT
#pragma once

#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "recorder/netlink_message.h"
#include "recorder/readers/interface_names.h"
#include "tables/route.h"

namespace hindstat {

/// What a message of rtnetlink says about a route, of the routing tables or of the cache.
class RouteAttributes {
public:
  RouteAttributes(const rtmsg& header, const InterfaceNames& names);

  /// False when an attribute is too short for what it must hold.
  [[nodiscard]] bool read(std::span<const std::byte> attributes);

  Route row;                            ///< Without `expires`, which routes and the cache tell differently.
  std::span<const std::byte> multipath; ///< The hops (struct rtnexthop), when there are several.
  std::optional<rta_cacheinfo> cache_info;
  std::optional<std::string> in_interface;
  std::optional<std::uint32_t> mark;
  std::optional<std::uint32_t> uid;

private:
  [[nodiscard]] std::optional<IpAddress> own_address(std::span<const std::byte> bytes) const;
  [[nodiscard]] bool read_one(const NetlinkAttribute& attribute);
  [[nodiscard]] bool read_metrics(std::span<const std::byte> attributes);

  const InterfaceNames& names_;
  bool v6_;
};

/// The header of a message about IPv4 or IPv6 whose lengths of prefixes may be; nullopt when there is none.
[[nodiscard]] std::optional<rtmsg> load_route_header(std::span<const std::byte> payload);

/// When a route expires, for a dump that began at `boottime_ms`; nullopt for never.
[[nodiscard]] std::optional<std::uint64_t> route_expiry(const rta_cacheinfo& info, std::uint64_t boottime_ms);

} // namespace hindstat
