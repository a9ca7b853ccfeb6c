// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// Whether a neighbour's address is known, without the states that take turns by themselves on an idle machine:
/// REACHABLE, STALE, DELAY and PROBE are all `resolved`.
enum class NeighbourResolution : std::uint8_t {
  unresolved = 0,
  incomplete = 1,
  resolved = 2,
  failed = 3,
  permanent = 4
};

template <>
struct NamesOf<NeighbourResolution> {
  static constexpr std::array values = {ValueName{0, "unresolved"}, ValueName{1, "incomplete"},
                                        ValueName{2, "resolved"}, ValueName{3, "failed"}, ValueName{4, "permanent"}};
};

/// The kernel's states (linux/neighbour.h NUD_*); an entry has one of them.
enum class NeighbourState : std::uint8_t {
  incomplete = 0x01,
  reachable = 0x02,
  stale = 0x04,
  delay = 0x08,
  probe = 0x10,
  failed = 0x20,
  noarp = 0x40,
  permanent = 0x80,
};

template <>
struct NamesOf<NeighbourState> {
  static constexpr std::array values = {ValueName{0x01, "INCOMPLETE"}, ValueName{0x02, "REACHABLE"},
                                        ValueName{0x04, "STALE"},      ValueName{0x08, "DELAY"},
                                        ValueName{0x10, "PROBE"},      ValueName{0x20, "FAILED"},
                                        ValueName{0x40, "NOARP"},      ValueName{0x80, "PERMANENT"}};
};

/// NTF_*.
enum class NeighbourFlag : std::uint8_t {
  use = 0x01,
  self = 0x02,
  master = 0x04,
  proxy = 0x08,
  ext_learned = 0x10,
  offloaded = 0x20,
  sticky = 0x40,
  router = 0x80,
};

template <>
struct NamesOf<NeighbourFlag> {
  static constexpr std::array values = {
    ValueName{0x01, "use"},          ValueName{0x02, "self"},    ValueName{0x04, "master"}, ValueName{0x08, "proxy"},
    ValueName{0x10, "extern_learn"}, ValueName{0x20, "offload"}, ValueName{0x40, "sticky"}, ValueName{0x80, "router"}};
};

/// A neighbour on a link: its address and link-layer address (ARP, NDISC), or an address answered for (proxy). Sources:
/// RTM_GETNEIGH, else /proc/net/arp, which has IPv4 only and no states. Left out: what needs no resolution (NOARP:
/// groups and loopback), as `ip neigh` does.
struct Neighbour {
  std::string netns;
  std::string interface;
  IpAddress address;
  bool proxy = false;
  std::optional<std::string> link_address;
  NeighbourResolution resolution = NeighbourResolution::unresolved;
  std::optional<FlagSet<NeighbourFlag>> flags;
  std::optional<std::uint8_t> protocol;
  std::optional<NeighbourState> state;
  std::optional<std::uint64_t> confirmed;
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> updated;
  std::optional<std::uint32_t> probes;
};

inline constexpr auto neighbours = define_table<Neighbour>(
  "neighbour", "Neighbours on the links and their link-layer addresses (ARP, NDISC).",
  field<&Neighbour::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Neighbour::interface>("interface", Role::key, "Interface name."),
  field<&Neighbour::address>("address", Role::key, "The neighbour's address."),
  field<&Neighbour::proxy>("proxy", Role::key, "Whether this host answers for it instead."),
  field<&Neighbour::link_address>("link_address", Role::attribute, "Link-layer address; null while unknown."),
  field<&Neighbour::resolution>("resolution", Role::state, "Whether the link-layer address is known."),
  field<&Neighbour::flags>("flags", Role::attribute, "NTF_* flags; only from netlink."),
  field<&Neighbour::protocol>("protocol", Role::attribute, "Who installed it (RTPROT_*); null for the kernel."),
  field<&Neighbour::state>("state", Role::note, "The kernel's state, which changes by itself; only from netlink."),
  field<&Neighbour::confirmed>("confirmed", Role::timer, "When it was last known to be reachable; only from netlink.",
                               Unit::boottime_ms),
  field<&Neighbour::used>("used", Role::timer, "When it was last used; only from netlink.", Unit::boottime_ms),
  field<&Neighbour::updated>("updated", Role::timer, "When its state last changed; only from netlink.",
                             Unit::boottime_ms),
  field<&Neighbour::probes>("probes", Role::note, "Solicitations without an answer; only from netlink."));

} // namespace hindstat
