// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "recorder/system.h"

namespace hindstat {

/// Names of the interfaces of one network namespace by their index.
struct InterfaceNames {
  int error = 0;                                          ///< Why there are none.
  std::vector<std::pair<std::uint32_t, std::string>> all; ///< Ascending by index.

  /// nullopt when no interface has the index.
  [[nodiscard]] std::optional<std::string> find(std::uint32_t ifindex) const;
};

/// Index and name in one RTM_NEWLINK message's payload; nullopt when they are not there.
[[nodiscard]] std::optional<std::pair<std::uint32_t, std::string>> parse_link(std::span<const std::byte> payload);

/// One RTM_GETLINK dump.
[[nodiscard]] InterfaceNames read_interface_names(const System& system);

} // namespace hindstat
