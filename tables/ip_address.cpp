// SPDX-License-Identifier: MIT
#include "tables/ip_address.h"

#include <arpa/inet.h>
#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace hindstat {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

} // namespace

std::optional<IpAddress> IpAddress::from_bytes(std::string_view bytes) {
  if (bytes.size() == 4) {
    std::array<std::uint8_t, 4> v4_bytes{};
    std::memcpy(v4_bytes.data(), bytes.data(), v4_bytes.size());
    return v4(v4_bytes);
  }
  if (bytes.size() == 16) {
    std::array<std::uint8_t, 16> v6_bytes{};
    std::memcpy(v6_bytes.data(), bytes.data(), v6_bytes.size());
    return v6(v6_bytes);
  }
  return std::nullopt;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes_, [](std::uint8_t byte) { return byte == 0; });
}

IpAddress IpAddress::unmapped() const {
  if (is_v6() && std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin())) {
    return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
  }
  return *this;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string terminated(text); // inet_pton(3) wants a C string; a NUL inside would cut it short.
  if (terminated.find('\0') != std::string::npos) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 4> v4_bytes{};
  if (inet_pton(AF_INET, terminated.c_str(), v4_bytes.data()) == 1) {
    return IpAddress::v4(v4_bytes);
  }
  std::array<std::uint8_t, 16> v6_bytes{};
  if (inet_pton(AF_INET6, terminated.c_str(), v6_bytes.data()) == 1) {
    return IpAddress::v6(v6_bytes);
  }
  return std::nullopt;
}

std::string format_ip_address(const IpAddress& address) {
  if (address.is_v4()) {
    const std::string_view bytes = address.bytes();
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    return fmt::format(FMT_COMPILE("{}.{}.{}.{}"), byte(0), byte(1), byte(2), byte(3));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, address.bytes().data(), text.data(), text.size());
  return text.data();
}

std::string format_mac_address(MacAddress address) {
  const auto byte = [&](unsigned shift) { return (address.value >> shift) & 0xFF; };
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", byte(40), byte(32), byte(24), byte(16), byte(8),
                     byte(0));
}

} // namespace hindstat
