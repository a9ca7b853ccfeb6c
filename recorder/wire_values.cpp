// SPDX-License-Identifier: MIT
#include "recorder/wire_values.h"

#include <bit>

#include "recorder/text_fields.h"

namespace hindstat {

std::optional<IpAddress> load_address(std::span<const std::byte> bytes) {
  return IpAddress::from_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string load_text(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return std::string(text.substr(0, text.find('\0')));
}

std::optional<IpAddress> parse_hex_address4(std::string_view text) {
  const auto word = parse_number<std::uint32_t>(text, 16);
  return word && text.size() == 8 ? std::optional(IpAddress::v4(std::bit_cast<std::array<std::uint8_t, 4>>(*word)))
                                  : std::nullopt;
}

std::optional<IpAddress> parse_hex_address6(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  if (text.size() != 2 * bytes.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = parse_number<std::uint8_t>(text.substr(2 * i, 2), 16);
    if (!byte) {
      return std::nullopt;
    }
    bytes[i] = *byte;
  }
  return IpAddress::v6(bytes);
}

} // namespace hindstat
