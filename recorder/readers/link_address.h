// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace hindstat {

/// A link-layer address of any length: "02:00:00:00:00:01".
[[nodiscard]] std::string format_link_address(std::span<const std::byte> bytes);

} // namespace hindstat
