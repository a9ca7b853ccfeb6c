// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "recorder/readers/interface_names.h"
#include "recorder/system.h"
#include "tables/interface.h"

namespace hindstat {

/// What one RTM_NEWLINK message says; the row's master is not named yet.
struct Link {
  Interface row;
  std::uint32_t master_index = 0; ///< 0 when it is part of nothing.
  bool has_statistics = false;    ///< IFLA_STATS64 was there.
};

/// Reads the payload of one message; nullopt when index or name are missing or a stored attribute is not whole.
[[nodiscard]] std::optional<Link> parse_link(std::span<const std::byte> payload);

/// The interfaces of one network namespace.
struct LinkDump {
  DumpEnd end; ///< Of the last try.
  std::vector<Link> links;
  std::uint32_t rejected = 0;     ///< Messages that parse_link() refused.
  std::vector<std::byte> example; ///< Payload of the first of them.
};

/// One RTM_GETLINK dump; repeated while it is interrupted, three times at most.
[[nodiscard]] LinkDump read_links(const System& system);

/// Names by index.
[[nodiscard]] InterfaceNames names_of(const LinkDump& dump);

} // namespace hindstat
