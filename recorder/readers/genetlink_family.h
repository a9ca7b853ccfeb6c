// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "recorder/system.h"

namespace hindstat {

/// The number of the generic netlink family of this name in one message of a CTRL_CMD_GETFAMILY dump; nullopt when it
/// is another family's.
[[nodiscard]] std::optional<std::uint16_t> parse_family(std::span<const std::byte> payload, std::string_view name);

/// The number that a generic netlink family has on this boot.
struct GenericFamily {
  int error = 0; ///< ENOENT where the kernel has no such family.
  std::uint16_t number = 0;
};

/// Asks for it with one dump, that of all families.
[[nodiscard]] GenericFamily find_family(const System& system, std::string_view name);

} // namespace hindstat
