// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hindstat {

/// An IPv4 or IPv6 address, network byte order. IPv4 and v4-mapped IPv6 (::ffff:a.b.c.d) are different values, as the
/// kernel keeps them apart (tcp and tcp6).
class IpAddress {
public:
  /// 0.0.0.0
  constexpr IpAddress() = default;

  [[nodiscard]] static constexpr IpAddress v4(std::array<std::uint8_t, 4> bytes) {
    IpAddress address;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      address.bytes_[i] = bytes[i];
    }
    return address;
  }
  [[nodiscard]] static constexpr IpAddress v6(std::array<std::uint8_t, 16> bytes) {
    IpAddress address;
    address.bytes_ = bytes;
    address.length_ = 16;
    return address;
  }
  /// 4 or 16 bytes in network order; nullopt for any other length.
  [[nodiscard]] static std::optional<IpAddress> from_bytes(std::string_view bytes);

  [[nodiscard]] constexpr bool is_v4() const {
    return length_ == 4;
  }
  [[nodiscard]] constexpr bool is_v6() const {
    return length_ == 16;
  }
  /// 0.0.0.0 or ::
  [[nodiscard]] bool is_unspecified() const;
  /// ::ffff:a.b.c.d becomes a.b.c.d; every other address is returned as it is.
  [[nodiscard]] IpAddress unmapped() const;

  /// 4 or 16 bytes; the view lives as long as this object.
  [[nodiscard]] std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), length_};
  }

  /// IPv4 before IPv6, then numeric order.
  friend std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) {
    if (a.length_ != b.length_) {
      return a.length_ <=> b.length_;
    }
    return a.bytes_ <=> b.bytes_;
  }
  friend bool operator==(const IpAddress& a, const IpAddress& b) = default;

private:
  std::array<std::uint8_t, 16> bytes_{};
  std::uint8_t length_ = 4;
};

/// "10.0.0.1" or "fd77::1" (inet_pton(3)); nullopt if it is neither.
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);

/// Whole and canonical, as inet_ntop(3): "10.0.0.1", "fd77::1", "::ffff:10.0.0.1".
[[nodiscard]] std::string format_ip_address(const IpAddress& address);

/// An EUI-48 link-layer address; the first byte on the wire is the most significant of `value`.
struct MacAddress {
  std::uint64_t value = 0; ///< At most 48 bits.

  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// "02:00:00:00:00:01"
[[nodiscard]] std::string format_mac_address(MacAddress address);

} // namespace hindstat
