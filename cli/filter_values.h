// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tables/ip_address.h"

namespace hindstat {

/// A network: the address less the bits beyond its length.
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  /// Whether a host, or a network of that many bits, is inside.
  [[nodiscard]] bool holds(const IpAddress& other, std::uint8_t other_length) const;
};

/// "10.0.0.0/8", "fd77::/64", "10.0.0.5": bits beyond the length do not count, IPv4 that is mapped into IPv6 is IPv4.
/// Throws Error for anything else.
[[nodiscard]] IpPrefix parse_prefix(std::string_view text);

struct PortRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};
/// "443", "8000-8099". Throws Error for anything else.
[[nodiscard]] PortRange parse_port_range(std::string_view text);

/// A state without the ways to write it: "close-wait", "CLOSE_WAIT" are "CLOSEWAIT", "estab" is "ESTABLISHED". Throws
/// Error for one that no table has.
[[nodiscard]] std::string parse_state(std::string_view text);
/// The same for a state that was recorded.
[[nodiscard]] std::string plain_state(std::string_view text);

/// "802"; nullopt for anything else.
[[nodiscard]] std::optional<std::uint32_t> find_number(std::string_view text);
/// "0.5", "4096"; nullopt for anything else, and for what is negative.
[[nodiscard]] std::optional<double> find_decimal(std::string_view text);

} // namespace hindstat
