// SPDX-License-Identifier: MIT
#include "recorder/readers/link_address.h"

#include <string_view>

namespace hindstat {

std::string format_link_address(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    text += text.empty() ? "" : ":";
    text += digits[value >> 4];
    text += digits[value & 0xf];
  }
  return text;
}

} // namespace hindstat
