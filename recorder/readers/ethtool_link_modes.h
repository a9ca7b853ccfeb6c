// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "recorder/system.h"
#include "tables/interface.h"

namespace hindstat {

/// Speed and duplex of one interface; null where its driver does not know them (no carrier, a virtual device).
struct LinkMode {
  std::uint32_t ifindex = 0;
  std::optional<std::uint32_t> speed; ///< Mbit/s.
  std::optional<Duplex> duplex;
};

/// Reads the payload of one ETHTOOL_MSG_LINKMODES_GET_REPLY; nullopt when it has no index or its lengths do not fit.
[[nodiscard]] std::optional<LinkMode> parse_link_mode(std::span<const std::byte> payload);

/// The modes of all interfaces that have some.
struct LinkModes {
  int error = 0; ///< Absent without ethtool's netlink, which came with Linux 5.6.
  std::map<std::uint32_t, LinkMode> modes;
  std::uint32_t rejected = 0;     ///< Messages that parse_link_mode() refused.
  std::vector<std::byte> example; ///< Payload of the first of them.

  /// Sets what is known of the interface with the row's index.
  void add_to(Interface& row) const;
};

/// Two dumps: the number of family "ethtool" is asked for, then what it tells of the links.
[[nodiscard]] LinkModes read_link_modes(const System& system);

} // namespace hindstat
