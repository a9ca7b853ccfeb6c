// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "recorder/read_context.h"
#include "recorder/readers/rtnetlink_address.h"

namespace hindstat {

/// A subnet of IPv4; the address as a number, its first byte the most significant.
struct Subnet4 {
  std::uint32_t prefix = 0;
  std::uint8_t length = 0;

  friend auto operator<=>(const Subnet4&, const Subnet4&) = default;
};

/// What the kernel's IPv4 routing tables say about the addresses of this host. Each list is ascending, without repeats.
struct LocalFacts4 {
  std::vector<std::uint32_t> hosts;      ///< Addresses of the host (RTN_LOCAL of 32 bits).
  std::vector<std::uint32_t> broadcasts; ///< RTN_BROADCAST.
  std::vector<Subnet4> loopbacks;        ///< Subnets that are local as a whole: those of the loopback device.
};

/// Reads the lines of /proc/net/fib_trie one after the other, of all its tables.
class FibTrieLines {
public:
  /// Rejected: a leaf without an address, and a route that is under no leaf or is not "/LENGTH SCOPE TYPE".
  [[nodiscard]] Verdict add(std::string_view line);

  [[nodiscard]] LocalFacts4 facts() &&;

private:
  [[nodiscard]] Verdict add_route(std::string_view line);

  LocalFacts4 facts_;
  std::optional<std::uint32_t> leaf_; ///< The routes below belong to it.
};

/// Adds the addresses whose interface is beyond doubt, and returns the others, ascending. The kernel makes with an
/// address its subnet's route and its broadcast address; an address is put on the interface of such a subnet when it is
/// the only one of the host in it and no other route ends with the same broadcast address. That leaves out: secondary
/// addresses with their primary one, subnets of 31 and 32 bits, addresses with a peer, interfaces that are down or in a
/// VRF, and subnets that are on two interfaces. A group that was joined as an address (autojoin) has no route at all.
/// `connected`: the routes of /proc/net/route.
[[nodiscard]] std::vector<IpAddress> add_proc_addresses4(AddressRows& rows, const LocalFacts4& facts,
                                                         const Table& connected);

} // namespace hindstat
