// SPDX-License-Identifier: MIT
#pragma once

#include <nettle/aes.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tables/ip_address.h"

namespace hindstat {

/// Replaces addresses under a key: one-to-one, the same each time, and not to be undone without the key.
///
/// IP addresses keep their prefixes, as Crypto-PAn does it (Xu, Fan, Ammar, Moon 2002): two that share k leading bits,
/// and no more, share k and no more afterwards. Bit i is flipped by a bit that AES-256 makes of the i bits before it.
/// What is inside of a range that has a meaning (private, loopback, multicast, ...; the list is in scrambler.cpp) stays
/// inside, and what is outside stays outside.
class Scrambler {
public:
  static constexpr std::size_t key_bytes = 32;

  /// `key`: key_bytes of them.
  explicit Scrambler(std::string_view key);

  /// A key that nobody has had before. Throws Error when the system has none to give.
  [[nodiscard]] static std::string fresh_key();

  [[nodiscard]] IpAddress address(const IpAddress& address) const;
  /// The same for an address of which `length` bits count: where the others are zero they stay zero, as those of a
  /// network. One-to-one for each length; what has other bits beyond it stays so.
  [[nodiscard]] IpAddress prefix(const IpAddress& address, std::size_t length) const;
  /// Keeps whether it is of a group and whether it was administered locally, the all-zero one and the well-known groups
  /// (broadcast, those of bridges and protocols); two of one manufacturer stay two of one manufacturer.
  [[nodiscard]] MacAddress mac(MacAddress address) const;
  /// The first `size` bytes, at most 32, of a hash of `bytes`; another `purpose` gives another hash.
  [[nodiscard]] std::string digest(std::string_view purpose, std::string_view bytes, std::size_t size) const;

private:
  using Bytes = std::array<std::uint8_t, 16>;

  [[nodiscard]] bool flips(const aes256_ctx& cipher, const Bytes& bytes, std::size_t bit) const;
  [[nodiscard]] Bytes scramble4(const Bytes& bytes) const;
  [[nodiscard]] Bytes scramble6(const Bytes& bytes) const;
  [[nodiscard]] Bytes scramble_mac(const Bytes& bytes) const;

  std::string key_;
  aes256_ctx ipv4_{};
  aes256_ctx ipv6_{};
  aes256_ctx mac_{};
};

} // namespace hindstat
