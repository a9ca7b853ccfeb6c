// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tables/ip_address.h"

namespace hindstat {

/// The 4 or 16 bytes of a netlink attribute as an address; nullopt for any other length.
[[nodiscard]] std::optional<IpAddress> load_address(std::span<const std::byte> bytes);

/// The text of a netlink attribute, up to its first NUL.
[[nodiscard]] std::string load_text(std::span<const std::byte> bytes);

/// An IPv4 address as the kernel prints a word of it: 8 hexadecimal digits, in the byte order of a host like ours.
[[nodiscard]] std::optional<IpAddress> parse_hex_address4(std::string_view text);

/// An IPv6 address printed byte by byte: 32 hexadecimal digits in network order.
[[nodiscard]] std::optional<IpAddress> parse_hex_address6(std::string_view text);

} // namespace hindstat
