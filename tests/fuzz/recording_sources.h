// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>

namespace hindstat::fuzz {

/// The files of the machine that the target `recording` makes up. Their order is that of its inputs.
inline constexpr std::array<std::string_view, 32> recorded_files = {"/proc/net/tcp",
                                                                    "/proc/net/tcp6",
                                                                    "/proc/net/udp",
                                                                    "/proc/net/udp6",
                                                                    "/proc/net/udplite",
                                                                    "/proc/net/udplite6",
                                                                    "/proc/net/raw",
                                                                    "/proc/net/raw6",
                                                                    "/proc/net/icmp",
                                                                    "/proc/net/icmp6",
                                                                    "/proc/net/unix",
                                                                    "/proc/net/route",
                                                                    "/proc/net/dev",
                                                                    "/proc/net/igmp",
                                                                    "/proc/net/igmp6",
                                                                    "/proc/net/ipv6_route",
                                                                    "/proc/net/if_inet6",
                                                                    "/proc/net/snmp",
                                                                    "/proc/net/snmp6",
                                                                    "/proc/net/netstat",
                                                                    "/proc/net/sockstat",
                                                                    "/proc/net/sockstat6",
                                                                    "/etc/passwd",
                                                                    "/etc/services",
                                                                    "/etc/machine-id",
                                                                    "/proc/self/status",
                                                                    "/proc/23/stat",
                                                                    "/proc/23/cgroup",
                                                                    "/proc/23/limits",
                                                                    "/proc/sys/kernel/osrelease",
                                                                    "/proc/sys/kernel/random/boot_id",
                                                                    "/proc/net/fib_trie"};

/// Its netlink dumps; they count on from the files.
inline constexpr std::array<std::string_view, 18> recorded_dumps = {
  "sock_diag-tcp-inet",     "sock_diag-tcp-inet6",     "sock_diag-udp-inet",       "sock_diag-udp-inet6",
  "sock_diag-udplite-inet", "sock_diag-udplite-inet6", "sock_diag-raw-inet",       "sock_diag-raw-inet6",
  "sock_diag-unix",         "rtnetlink-link",          "rtnetlink-addr-inet",      "rtnetlink-addr-inet6",
  "rtnetlink-route-inet",   "rtnetlink-route-inet6",   "rtnetlink-multicast-inet", "rtnetlink-multicast-inet6",
  "genetlink-families",     "ethtool-linkmodes"};

} // namespace hindstat::fuzz
