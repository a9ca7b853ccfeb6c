// SPDX-License-Identifier: MIT
#include "store/scrambler.h"

#include <nettle/hmac.h>
#include <sys/random.h>

#include <algorithm>
#include <cassert>
#include <span>

#include "base/error.h"

namespace hindstat {

namespace {

using Bytes = std::array<std::uint8_t, 16>;

enum class Inside : std::uint8_t {
  scrambled, ///< Stays inside, as another one.
  kept,      ///< Stays what it is.
  ipv4,      ///< The next 32 bits are an IPv4 address, and stay that of the same host.
};

/// Addresses that share their first `length` bits with `bytes`. Which addresses are flipped where depends only on the
/// bits before, whatever the ranges: that keeps prefixes and makes it one-to-one.
struct Range {
  Bytes bytes{};
  std::size_t length = 0;
  Inside inside = Inside::scrambled;
};

constexpr std::array ranges4{
  Range{{0}, 8, Inside::kept},                   // "this" network, unspecified, default routes
  Range{{10}, 8},                                // private
  Range{{100, 64}, 10},                          // shared with a provider
  Range{{127}, 8, Inside::kept},                 // loopback
  Range{{169, 254}, 16},                         // link-local
  Range{{172, 16}, 12},                          // private
  Range{{192, 168}, 16},                         // private
  Range{{224}, 4},                               // multicast
  Range{{224, 0, 0}, 24, Inside::kept},          // groups of a link: all hosts, routers, OSPF, mDNS
  Range{{232}, 8},                               // groups of a source
  Range{{239}, 8},                               // groups of a site
  Range{{240}, 4},                               // reserved
  Range{{255, 255, 255, 255}, 32, Inside::kept}, // broadcast
};

// Multicast addresses are compared without their flags and their scope (the second byte), which stay what they are.
constexpr std::array ranges6{
  Range{{}, 96, Inside::ipv4},                                             // ::, ::1, ::a.b.c.d
  Range{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, Inside::ipv4},     // mapped
  Range{{0, 0x64, 0xFF, 0x9B}, 96, Inside::ipv4},                          // NAT64
  Range{{0x20}, 3},                                                        // global unicast
  Range{{0x20, 0x02}, 16, Inside::ipv4},                                   // 6to4
  Range{{0xFC}, 8},                                                        // unique local
  Range{{0xFD}, 8},                                                        // the same, chosen locally
  Range{{0xFE, 0x80}, 64},                                                 // link-local
  Range{{0xFE, 0xC0}, 10},                                                 // site-local
  Range{{0xFF}, 16},                                                       // multicast
  Range{{0xFF}, 112, Inside::kept},                                        // ff02::1, ff02::fb
  Range{{0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 112, Inside::kept}, // ff02::1:2
  Range{{0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF}, 104},               // of solicited nodes
};

constexpr std::array groups_of_links{
  Range{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 48, Inside::kept}, // broadcast
  Range{{0x01, 0x80, 0xC2, 0x00, 0x00, 0x00}, 40, Inside::kept}, // bridges, LACP, LLDP
  Range{{0x01, 0x00, 0x0C, 0xCC, 0xCC, 0xCC}, 44, Inside::kept}, // CDP, VTP, PVST
  Range{{0x01, 0x00, 0x5E}, 25},                                 // IPv4 multicast
  Range{{0x01, 0x00, 0x5E, 0x00, 0x00}, 40, Inside::kept},       // 224.0.0.0/24
  Range{{0x33, 0x33}, 16},                                       // IPv6 multicast
  Range{{0x33, 0x33, 0x00, 0x00}, 32, Inside::kept},             // ff02::1
  Range{{0x33, 0x33, 0x00, 0x01}, 32, Inside::kept},             // ff02::1:2
  Range{{0x33, 0x33, 0xFF}, 24},                                 // of solicited nodes
};

constexpr std::size_t mac_bits = 48;
constexpr std::uint8_t multicast6 = 0xFF;
constexpr std::array<std::uint8_t, 3> solicited_mac{0x33, 0x33, 0xFF};

[[nodiscard]] bool bit_of(const Bytes& bytes, std::size_t bit) {
  const unsigned byte = bytes[bit / 8];
  return ((byte >> (7 - bit % 8)) & 1U) != 0;
}

void flip(Bytes& bytes, std::size_t bit) {
  const unsigned byte = bytes[bit / 8];
  bytes[bit / 8] = static_cast<std::uint8_t>(byte ^ (0x80U >> (bit % 8)));
}

[[nodiscard]] std::size_t shared_bits(const Bytes& a, const Bytes& b) {
  std::size_t bits = 0;
  while (bits < 8 * a.size() && bit_of(a, bits) == bit_of(b, bits)) {
    ++bits;
  }
  return bits;
}

struct Place {
  const Range* range = nullptr; ///< The narrowest range that it is in.
  std::size_t first = 0;        ///< Bits before this one say in which ranges it is and in which not.
};

[[nodiscard]] Place find_place(std::span<const Range> ranges, const Bytes& bytes) {
  Place place;
  for (const Range& range : ranges) {
    const std::size_t shared = shared_bits(range.bytes, bytes);
    place.first = std::max(place.first, std::min(shared + 1, range.length));
    if (shared >= range.length && (place.range == nullptr || place.range->length < range.length)) {
      place.range = &range;
    }
  }
  return place;
}

[[nodiscard]] bool is_zero(const Bytes& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

[[nodiscard]] Bytes part(const Bytes& bytes, std::size_t from, std::size_t size) {
  Bytes result{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), size, result.begin());
  return result;
}

[[nodiscard]] std::string_view view(const Bytes& bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

[[nodiscard]] Bytes bytes_of(const IpAddress& address) {
  Bytes bytes{};
  std::ranges::copy(address.bytes(), bytes.begin());
  return bytes;
}

} // namespace

Scrambler::Scrambler(std::string_view key) : key_(key) {
  assert(key.size() == key_bytes);
  static_assert(key_bytes == AES256_KEY_SIZE);
  const auto set = [this](aes256_ctx& cipher, std::string_view purpose) {
    const std::string own = digest("key", purpose, key_bytes);
    aes256_set_encrypt_key(&cipher, reinterpret_cast<const std::uint8_t*>(own.data()));
  };
  set(ipv4_, "ipv4");
  set(ipv6_, "ipv6");
  set(mac_, "mac");
}

std::string Scrambler::fresh_key() {
  std::string key(key_bytes, '\0');
  // So few bytes come whole or not at all.
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    throw Error("the system gives no random bytes for a key");
  }
  return key;
}

std::string Scrambler::digest(std::string_view purpose, std::string_view bytes, std::size_t size) const {
  assert(size <= SHA256_DIGEST_SIZE && purpose.size() < 256);
  const auto data = [](std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); };
  const auto length = static_cast<std::uint8_t>(purpose.size());
  hmac_sha256_ctx hash{};
  hmac_sha256_set_key(&hash, key_.size(), data(key_));
  hmac_sha256_update(&hash, sizeof length, &length);
  hmac_sha256_update(&hash, purpose.size(), data(purpose));
  hmac_sha256_update(&hash, bytes.size(), data(bytes));
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> result{};
  hmac_sha256_digest(&hash, result.size(), result.data());
  return {reinterpret_cast<const char*>(result.data()), size};
}

bool Scrambler::flips(const aes256_ctx& cipher, const Bytes& bytes, std::size_t bit) const {
  // The bits before and then a 1: no two such blocks are equal.
  Bytes block{};
  std::copy_n(bytes.begin(), bit / 8 + 1, block.begin());
  const unsigned last = block[bit / 8];
  block[bit / 8] = static_cast<std::uint8_t>((last & ~(0xFFU >> (bit % 8))) | (0x80U >> (bit % 8)));
  Bytes result{};
  aes256_encrypt(&cipher, block.size(), result.data(), block.data());
  return (result.front() & 0x80U) != 0;
}

Bytes Scrambler::scramble4(const Bytes& bytes) const {
  constexpr std::size_t bits = 32;
  const Place place = find_place(ranges4, bytes);
  Bytes result = bytes;
  if (place.range != nullptr && place.range->inside == Inside::kept) {
    return result;
  }
  for (std::size_t bit = place.first; bit < bits; ++bit) {
    if (flips(ipv4_, bytes, bit)) {
      flip(result, bit);
    }
  }
  return result;
}

Bytes Scrambler::scramble6(const Bytes& bytes) const {
  constexpr std::size_t bits = 128;
  constexpr std::size_t v4_bytes = 4;
  Bytes compared = bytes;
  if (bytes.front() == multicast6) {
    compared[1] = 0;
  }
  const Place place = find_place(ranges6, compared);
  Bytes result = bytes;
  std::size_t first = place.first;
  if (place.range != nullptr && place.range->inside == Inside::kept) {
    return result;
  }
  if (place.range != nullptr && place.range->inside == Inside::ipv4) {
    const std::size_t at = place.range->length / 8;
    const Bytes inner = scramble4(part(bytes, at, v4_bytes));
    std::copy_n(inner.begin(), v4_bytes, result.begin() + static_cast<std::ptrdiff_t>(at));
    first = 8 * (at + v4_bytes);
  }
  for (std::size_t bit = first; bit < bits; ++bit) {
    if (flips(ipv6_, bytes, bit)) {
      flip(result, bit);
    }
  }
  return result;
}

Bytes Scrambler::scramble_mac(const Bytes& bytes) const {
  constexpr std::size_t local_bit = 6;
  constexpr std::size_t group_bit = 7;
  const Place place = bit_of(bytes, group_bit) ? find_place(groups_of_links, bytes) : Place{};
  Bytes result = bytes;
  if (place.range != nullptr && place.range->inside == Inside::kept) {
    return result;
  }
  for (std::size_t bit = place.first; bit < mac_bits; ++bit) {
    if (bit != local_bit && bit != group_bit && flips(mac_, bytes, bit)) {
      flip(result, bit);
    }
  }
  return result;
}

IpAddress Scrambler::address(const IpAddress& address) const {
  const Bytes result = address.is_v4() ? scramble4(bytes_of(address)) : scramble6(bytes_of(address));
  return *IpAddress::from_bytes(view(result, address.bytes().size()));
}

IpAddress Scrambler::prefix(const IpAddress& address, std::size_t length) const {
  const std::size_t bits = 8 * address.bytes().size();
  const auto without_rest = [&](Bytes bytes) {
    for (std::size_t bit = length; bit < bits; ++bit) {
      const unsigned byte = bytes[bit / 8];
      bytes[bit / 8] = static_cast<std::uint8_t>(byte & ~(0x80U >> (bit % 8)));
    }
    return *IpAddress::from_bytes(view(bytes, address.bytes().size()));
  };
  const IpAddress network = without_rest(bytes_of(address));
  const IpAddress hidden_network = this->address(network);
  const IpAddress emptied = without_rest(bytes_of(hidden_network));
  if (address == network) {
    return emptied;
  }
  // Whoever would have no rest now takes the place that the network has given up.
  const IpAddress result = this->address(address);
  return result == emptied ? hidden_network : result;
}

MacAddress Scrambler::mac(MacAddress address) const {
  Bytes bytes{};
  for (std::size_t i = 0; i < mac_bits / 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(address.value >> (mac_bits - 8 - 8 * i));
  }
  if (is_zero(bytes)) {
    return address;
  }
  if (std::equal(solicited_mac.begin(), solicited_mac.end(), bytes.begin())) {
    // The group that it carries: ff02::1:ffxx:xxxx, which is scrambled as an address.
    Bytes group{multicast6, 2};
    group[11] = 1;
    std::copy_n(bytes.begin() + 2, 4, group.begin() + 12);
    group = scramble6(group);
    std::copy_n(group.begin() + 12, 4, bytes.begin() + 2);
  } else {
    bytes = scramble_mac(bytes);
    if (is_zero(bytes)) { // Its place is taken: the way leads on to where that one would have gone.
      bytes = scramble_mac(bytes);
    }
  }
  MacAddress result;
  for (std::size_t i = 0; i < mac_bits / 8; ++i) {
    result.value = (result.value << 8) | bytes[i];
  }
  return result;
}

} // namespace hindstat
