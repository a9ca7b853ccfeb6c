// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One level of socket use. Sources: /proc/net/sockstat and /proc/net/sockstat6. TCP orphan, alloc and mem and UDP mem
/// are those of the whole machine, the others of the network namespace (net/ipv4/proc.c sockstat_seq_show).
struct SocketStatistic {
  std::string netns;
  std::string protocol;
  std::string name;
  std::uint64_t value = 0;
};

inline constexpr auto socket_statistics = define_table<SocketStatistic>(
  "sockstat", "Sockets in use and their memory, by protocol.",
  field<&SocketStatistic::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&SocketStatistic::protocol>("protocol", Role::key,
                                    "The file's heading: sockets, TCP, UDP, RAW, FRAG, TCP6 and so on."),
  field<&SocketStatistic::name>("name", Role::key, "What is counted: inuse, orphan, tw, alloc, mem, memory or used."),
  field<&SocketStatistic::value>("value", Role::gauge, "Sockets; for mem pages, for memory bytes."));

} // namespace hindstat
