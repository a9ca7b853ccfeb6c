// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hindstat {

/// Names of the interfaces of one network namespace by their index.
struct InterfaceNames {
  int error = 0;                                          ///< Why there are none.
  std::vector<std::pair<std::uint32_t, std::string>> all; ///< Ascending by index.

  /// nullopt when no interface has the index.
  [[nodiscard]] std::optional<std::string> find(std::uint32_t ifindex) const;
  /// "if7" for one that came after the names were read.
  [[nodiscard]] std::string name_of(std::uint32_t ifindex) const;
};

} // namespace hindstat
