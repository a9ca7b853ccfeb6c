// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/route.h"
#include "tables/table_spec.h"

namespace hindstat {

/// IFA_F_* (include/uapi/linux/if_addr.h).
enum class AddressFlag : std::uint32_t {
  secondary = 0x01, ///< For IPv6: temporary (RFC 8981).
  nodad = 0x02,
  optimistic = 0x04,
  dadfailed = 0x08,
  homeaddress = 0x10,
  deprecated = 0x20,
  tentative = 0x40,
  permanent = 0x80,
  managetempaddr = 0x100,
  noprefixroute = 0x200,
  mcautojoin = 0x400,
  stable_privacy = 0x800,
};

template <>
struct NamesOf<AddressFlag> {
  static constexpr std::array values = {
    ValueName{0x01, "secondary"},      ValueName{0x02, "nodad"},       ValueName{0x04, "optimistic"},
    ValueName{0x08, "dadfailed"},      ValueName{0x10, "homeaddress"}, ValueName{0x20, "deprecated"},
    ValueName{0x40, "tentative"},      ValueName{0x80, "permanent"},   ValueName{0x100, "mngtmpaddr"},
    ValueName{0x200, "noprefixroute"}, ValueName{0x400, "mcautojoin"}, ValueName{0x800, "stable-privacy"}};
};

/// One address of one interface. Sources: RTM_GETADDR, else /proc/net/if_inet6 and, for IPv4, /proc/net/fib_trie with
/// /proc/net/route. No file of /proc says which interface an IPv4 address is on: an address is left out, and the
/// capture says so, where the connected routes do not leave one answer.
struct Address {
  std::string netns;
  std::string interface;
  IpAddress address;
  std::uint8_t prefix_length = 0;
  std::optional<IpAddress> peer;
  std::optional<IpAddress> broadcast;
  std::optional<std::string> label;
  std::optional<RouteScope> scope;
  std::optional<FlagSet<AddressFlag>> flags;
  std::optional<std::uint64_t> preferred_until;
  std::optional<std::uint64_t> valid_until;
};

inline constexpr auto addresses = define_table<Address>(
  "address", "Addresses of interfaces.",
  field<&Address::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Address::interface>("interface", Role::key, "Interface name."),
  field<&Address::address>("address", Role::key, "The address."),
  field<&Address::prefix_length>("prefix_length", Role::key, "Bits of its subnet."),
  field<&Address::peer>("peer", Role::attribute, "Address of the other end of a point-to-point link."),
  field<&Address::broadcast>("broadcast", Role::attribute, "Broadcast address; only from netlink."),
  field<&Address::label>("label", Role::attribute, "Label (eth0:1); IPv4 only, only from netlink."),
  field<&Address::scope>("scope", Role::attribute, "How far it is valid."),
  field<&Address::flags>("flags", Role::attribute,
                         "IFA_F_* flags; /proc/net/if_inet6 has the lowest eight, /proc has none for IPv4."),
  field<&Address::preferred_until>("preferred_until", Role::timer, "When it becomes deprecated.", Unit::boottime_ms),
  field<&Address::valid_until>("valid_until", Role::timer, "When it is removed.", Unit::boottime_ms));

} // namespace hindstat
