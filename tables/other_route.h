// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Families other than the internet's whose routes are recorded.
enum class OtherRouteFamily : std::uint8_t { ipx = 1, ddp = 2, x25 = 3 };

template <>
struct NamesOf<OtherRouteFamily> {
  static constexpr std::array values = {ValueName{1, "ipx"}, ValueName{2, "ddp"}, ValueName{3, "x25"}};
};

/// RTF_* (include/uapi/linux/route.h) of an AppleTalk route.
enum class OtherRouteFlag : std::uint16_t { up = 1, gateway = 2, host = 4 };

template <>
struct NamesOf<OtherRouteFlag> {
  static constexpr std::array values = {ValueName{1, "UP"}, ValueName{2, "GATEWAY"}, ValueName{4, "HOST"}};
};

/// One route of IPX, AppleTalk or X.25. Sources: /proc/net/ipx/route or ipx_route, atalk/route or atalk_route,
/// x25/route.
struct OtherRoute {
  std::string netns;
  OtherRouteFamily family = OtherRouteFamily::ipx;
  std::string destination;
  std::optional<std::uint32_t> digits;
  std::optional<std::string> gateway;
  std::optional<std::string> interface;
  std::optional<FlagSet<OtherRouteFlag>> flags;
};

inline constexpr auto other_routes = define_table<OtherRoute>(
  "other_route", "Routes of other families: IPX, AppleTalk, X.25.",
  field<&OtherRoute::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&OtherRoute::family>("family", Role::key, "Family of the route."),
  field<&OtherRoute::destination>("destination", Role::key, "Network (ipx), NET:NODE (ddp) or address (x25)."),
  field<&OtherRoute::digits>("digits", Role::key, "Digits of the address that have to match; x25."),
  field<&OtherRoute::gateway>("gateway", Role::attribute,
                              "NET:NODE of the router; null when directly connected (ipx) or none is told."),
  field<&OtherRoute::interface>("interface", Role::attribute, "Interface, where it is told."),
  field<&OtherRoute::flags>("flags", Role::attribute, "Flags of an AppleTalk route."));

} // namespace hindstat
