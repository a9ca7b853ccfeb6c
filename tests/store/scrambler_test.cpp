// SPDX-License-Identifier: MIT
#include "store/scrambler.h"

#include <algorithm>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/tables/random_table.h"

using namespace hindstat;

namespace {

constexpr int rounds = 4000;

Scrambler scrambler(char first = '\1') {
  std::string key(Scrambler::key_bytes, '\0');
  key.front() = first;
  return Scrambler(key);
}

IpAddress ip(const char* text) {
  return parse_ip_address(text).value();
}

std::string scrambled(const Scrambler& with, const char* text) {
  return format_ip_address(with.address(ip(text)));
}

bool bit_of(const IpAddress& address, std::size_t bit) {
  const unsigned byte = static_cast<unsigned char>(address.bytes()[bit / 8]);
  return ((byte >> (7 - bit % 8)) & 1U) != 0;
}

std::size_t bits_of(const IpAddress& address) {
  return 8 * address.bytes().size();
}

std::size_t shared_bits(const IpAddress& a, const IpAddress& b) {
  std::size_t bits = 0;
  while (bits < bits_of(a) && bit_of(a, bits) == bit_of(b, bits)) {
    ++bits;
  }
  return bits;
}

IpAddress with_bytes(std::string bytes) {
  return IpAddress::from_bytes(bytes).value();
}

// Anywhere, near a range that has a meaning, or near another one.
IpAddress random_address(Rng& rng, std::size_t size, const IpAddress* near = nullptr) {
  static const std::vector<IpAddress> meanings{
    ip("10.0.0.0"),    ip("100.64.0.0"),      ip("127.0.0.1"),      ip("169.254.0.0"),     ip("172.16.0.0"),
    ip("192.168.0.0"), ip("224.0.0.0"),       ip("239.0.0.0"),      ip("255.255.255.255"), ip("0.0.0.0"),
    ip("::1"),         ip("::ffff:10.0.0.0"), ip("64:ff9b::"),      ip("2002::"),          ip("2001:db8::"),
    ip("fd00::"),      ip("fe80::"),          ip("ff02::1:ff00:0"), ip("ff05::"),          ip("ff02::1:0")};
  std::string bytes(size, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(rng()); });
  const IpAddress& close = near != nullptr ? *near : meanings[rng() % meanings.size()];
  if (close.bytes().size() == size && rng() % 4 != 0) {
    const std::size_t kept = rng() % (8 * size + 1);
    std::string result(close.bytes());
    for (std::size_t bit = kept; bit < 8 * size; ++bit) {
      const auto mask = static_cast<char>(0x80 >> (bit % 8));
      result[bit / 8] = static_cast<char>((result[bit / 8] & ~mask) | (bytes[bit / 8] & mask));
    }
    return with_bytes(result);
  }
  return with_bytes(bytes);
}

} // namespace

TEST_CASE("scrambled addresses share exactly the leading bits that they shared", "[store]") {
  Rng rng(91);
  const Scrambler with = scrambler();
  std::size_t changed = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::size_t size = round % 2 == 0 ? 4 : 16;
    const IpAddress a = random_address(rng, size);
    const IpAddress b = random_address(rng, size, &a);
    INFO(format_ip_address(a) << " and " << format_ip_address(b));
    REQUIRE(shared_bits(with.address(a), with.address(b)) == shared_bits(a, b)); // So no two become one.
    REQUIRE(with.address(a) == with.address(a));
    changed += with.address(a) != a ? 1U : 0U;
  }
  CHECK(changed > rounds / 2);
}

TEST_CASE("every address of a network becomes another one of one network", "[store]") {
  const Scrambler with = scrambler();
  std::set<IpAddress> seen;
  for (unsigned last = 0; last < 65536; ++last) {
    const auto byte = [&](unsigned shift) { return static_cast<std::uint8_t>(last >> shift); };
    seen.insert(with.address(IpAddress::v4({10, 77, byte(8), byte(0)})));
  }
  CHECK(seen.size() == 65536);
  CHECK(shared_bits(*seen.begin(), *seen.rbegin()) == 16);
}

TEST_CASE("an address keeps what it means", "[store]") {
  for (const char first : {'\1', '\2', '\3', '\4', '\5'}) {
    const Scrambler with = scrambler(first);
    for (const char* kept :
         {"0.0.0.0", "0.0.0.7", "127.0.0.1", "127.3.2.1", "224.0.0.1", "224.0.0.251", "255.255.255.255", "::", "::1",
          "::ffff:127.0.0.1", "ff02::1", "ff02::fb", "ff05::2", "ff02::1:2"}) {
      CHECK(scrambled(with, kept) == kept);
    }
    struct InRange {
      const char* address;
      const char* range;
      std::size_t length;
    };
    for (const InRange& in : {InRange{"10.1.2.3", "10.0.0.0", 8},
                              {"100.77.2.3", "100.64.0.0", 10},
                              {"169.254.2.3", "169.254.0.0", 16},
                              {"172.20.2.3", "172.16.0.0", 12},
                              {"192.168.2.3", "192.168.0.0", 16},
                              {"224.1.2.3", "224.0.0.0", 4},
                              {"232.1.2.3", "232.0.0.0", 8},
                              {"239.1.2.3", "239.0.0.0", 8},
                              {"2001:db8::5", "2000::", 3},
                              {"fd12:3456::1", "fd00::", 8},
                              {"fe80::1", "fe80::", 64},
                              {"ff05::1234:5678", "ff05::", 16},
                              {"ff02::1:ff12:3456", "ff02::1:ff00:0", 104}}) {
      const IpAddress result = with.address(ip(in.address));
      INFO(in.address << " became " << format_ip_address(result));
      CHECK(shared_bits(result, ip(in.range)) >= in.length);
    }
    for (const char* elsewhere : {"11.1.2.3", "8.8.8.8", "172.32.0.1", "192.169.0.1", "126.0.0.1", "223.1.1.1"}) {
      const IpAddress result = with.address(ip(elsewhere));
      CHECK(shared_bits(result, ip("10.0.0.0")) < 8);
      CHECK(shared_bits(result, ip("172.16.0.0")) < 12);
      CHECK(shared_bits(result, ip("192.168.0.0")) < 16);
      CHECK(shared_bits(result, ip("127.0.0.0")) < 8);
      CHECK(shared_bits(result, ip("224.0.0.0")) < 4);
    }
  }
}

TEST_CASE("an IPv4 address inside of an IPv6 address becomes the same one", "[store]") {
  Rng rng(92);
  const Scrambler with = scrambler();
  for (int round = 0; round < rounds; ++round) {
    const IpAddress plain = random_address(rng, 4);
    const std::string inner(plain.bytes());
    const std::string result(with.address(plain).bytes());
    for (const std::string& head : {std::string(10, '\0') + "\xff\xff",
                                    std::string("\0\x64\xff\x9b", 4) + std::string(8, '\0'), std::string(12, '\0')}) {
      REQUIRE(with.address(with_bytes(head + inner)) == with_bytes(head + result));
    }
    const std::string behind("\x12\x34\0\0\0\0\0\0\0\x01", 10);
    REQUIRE(with.address(with_bytes("\x20\x02" + inner + behind)).bytes().substr(0, 6) == "\x20\x02" + result);
  }
}

TEST_CASE("a prefix stays one, and the longest that matches an address is the same", "[store]") {
  Rng rng(93);
  const Scrambler with = scrambler();
  struct Route {
    IpAddress network;
    std::size_t length;
  };
  const auto masked = [](const IpAddress& address, std::size_t length) {
    std::string bytes(address.bytes());
    for (std::size_t bit = length; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] & ~(0x80 >> (bit % 8)));
    }
    return with_bytes(bytes);
  };
  const auto best = [](const std::vector<Route>& routes, const IpAddress& address) {
    std::ptrdiff_t found = -1;
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (routes[i].network.bytes().size() == address.bytes().size()
          && shared_bits(routes[i].network, address) >= routes[i].length
          && (found < 0 || routes[static_cast<std::size_t>(found)].length < routes[i].length)) {
        found = static_cast<std::ptrdiff_t>(i);
      }
    }
    return found;
  };
  unsigned matched = 0;
  for (int round = 0; round < rounds / 40; ++round) {
    const std::size_t size = round % 2 == 0 ? 4 : 16;
    std::vector<Route> routes;
    std::vector<Route> hidden;
    for (int i = 0; i < 30; ++i) {
      const std::size_t length = rng() % (8 * size + 1);
      const IpAddress near = routes.empty() ? random_address(rng, size) : routes[rng() % routes.size()].network;
      const IpAddress network = masked(random_address(rng, size, &near), length);
      routes.push_back({network, length});
      hidden.push_back({with.prefix(network, length), length});
      INFO(format_ip_address(network) << "/" << length);
      REQUIRE(masked(hidden.back().network, length) == hidden.back().network);
    }
    for (int i = 0; i < 100; ++i) {
      const IpAddress near = routes[rng() % routes.size()].network;
      const IpAddress address = random_address(rng, size, &near);
      const auto found = best(routes, address);
      matched += found >= 0 && routes[static_cast<std::size_t>(found)].length != 0 ? 1U : 0U;
      REQUIRE(best(hidden, with.address(address)) == found);
    }
  }
  CHECK(matched > unsigned{rounds});
  CHECK(with.prefix(ip("0.0.0.0"), 0) == ip("0.0.0.0"));
  CHECK(with.prefix(ip("ff00::"), 8) == ip("ff00::"));
  std::set<IpAddress> all; // With bits beyond the length, too, no two become one.
  for (std::uint8_t last = 0; last < 255; ++last) {
    all.insert(with.prefix(IpAddress::v4({10, 1, 2, last}), 24));
  }
  all.insert(with.prefix(ip("10.1.2.255"), 24));
  CHECK(all.size() == 256);
  CHECK(all.begin()->bytes().back() == 0);
  CHECK(with.prefix(ip("10.1.2.3"), 255) == with.address(ip("10.1.2.3")));
}

TEST_CASE("an interface id that holds a MAC holds it no more", "[store]") {
  const Scrambler with = scrambler();
  const MacAddress mac{0x02'42'ac'11'00'02};
  for (const char* network : {"fe80::", "2001:db8:1:2::", "fd00:1:2:3::"}) {
    std::string bytes(ip(network).bytes().substr(0, 8));
    bytes += std::string("\x00\x42\xac\xff\xfe\x11\x00\x02", 8);
    const std::string result(with.address(with_bytes(bytes)).bytes().substr(8));
    CHECK(result != bytes.substr(8));
    std::string hidden;
    for (int shift = 40; shift >= 0; shift -= 8) {
      hidden += static_cast<char>(with.mac(mac).value >> shift);
    }
    CHECK(result != hidden.substr(0, 3) + "\xff\xfe" + hidden.substr(3));
  }
}

TEST_CASE("a MAC keeps its kind and its well-known groups, and no two become one", "[store]") {
  Rng rng(94);
  const Scrambler with = scrambler();
  std::set<std::uint64_t> before;
  std::set<std::uint64_t> after;
  constexpr std::uint64_t kind_bits = 0x03'00'00'00'00'00;
  std::size_t changed = 0;
  for (int round = 0; round < 20 * rounds; ++round) {
    std::uint64_t value = rng() & 0xFFFF'FFFF'FFFF;
    switch (round % 4) {
      case 0:
        value &= 0xFFFF;
        break;
      case 1:
        value = (value & 0xFFFF'FFFF) | (std::uint64_t{0x3333} << 32);
        break;
      case 2:
        value = (value & 0xFF'FFFF) | (std::uint64_t{0x01005E} << 24);
        break;
      default:
        break;
    }
    const MacAddress result = with.mac(MacAddress{value});
    REQUIRE((result.value & kind_bits) == (value & kind_bits));
    REQUIRE(result.value <= 0xFFFF'FFFF'FFFF);
    before.insert(value);
    after.insert(result.value);
    changed += result.value != value ? 1U : 0U;
  }
  CHECK(before.size() == after.size());
  CHECK(changed > 10 * rounds);
  for (const std::uint64_t kept : {0x0ULL, 0xFFFF'FFFF'FFFFULL, 0x01'80'C2'00'00'0EULL, 0x01'00'5E'00'00'FBULL,
                                   0x33'33'00'00'00'01ULL, 0x33'33'00'01'00'02ULL, 0x01'00'0C'CC'CC'CCULL}) {
    CHECK(with.mac(MacAddress{kept}).value == kept);
  }
}

TEST_CASE("the link-layer group of solicited nodes goes with the group", "[store]") {
  const Scrambler with = scrambler();
  const std::string group(with.address(ip("ff02::1:ff12:3456")).bytes());
  const std::uint64_t mac = with.mac(MacAddress{0x33'33'ff'12'34'56}).value;
  CHECK(mac >> 24 == 0x3333ff);
  for (int i = 0; i < 3; ++i) {
    CHECK(((mac >> (8 * i)) & 0xFF) == static_cast<unsigned char>(group[static_cast<std::size_t>(15 - i)]));
  }
}

TEST_CASE("what a key makes of an address is the same in every version", "[store]") {
  std::string key;
  for (int i = 0; i < static_cast<int>(Scrambler::key_bytes); ++i) {
    key += static_cast<char>(i);
  }
  const Scrambler with(key);
  CHECK(scrambled(with, "10.1.2.3") == "10.173.8.84");
  CHECK(scrambled(with, "203.0.113.9") == "207.76.21.214");
  CHECK(scrambled(with, "2001:db8::1") == "2001:76f3:5be2:8e47:3278:638a:c16b:9071");
  CHECK(format_mac_address(with.mac(MacAddress{0x52'54'00'12'34'56})) == "9a:97:04:fb:ab:20");
}

TEST_CASE("another key gives other addresses", "[store]") {
  CHECK(Scrambler::fresh_key() != Scrambler::fresh_key());
  CHECK(Scrambler::fresh_key().size() == Scrambler::key_bytes);
  unsigned same = 0;
  for (std::uint8_t last = 0; last < 200; ++last) {
    const IpAddress address = IpAddress::v4({10, 1, 2, last});
    same += scrambler('\1').address(address) == scrambler('\2').address(address) ? 1U : 0U;
  }
  CHECK(same < 5);
  CHECK(scrambler('\1').digest("uid", "x", 16) != scrambler('\2').digest("uid", "x", 16));
  CHECK(scrambler('\1').digest("uid", "x", 16) != scrambler('\1').digest("origin", "x", 16));
}
