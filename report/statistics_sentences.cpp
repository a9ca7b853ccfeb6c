// SPDX-License-Identifier: MIT
// Which words net-tools 2.10 has for which counter, as it prints them: learnt by giving netstat -s a made /proc/net in
// which every counter has a number of its own, and again with zeros. The order is that of Linux 6.18, then counters
// that newer kernels have dropped.
#include "report/statistics_sentences.h"

#include <array>

#include "report/statistics_groups.h"

namespace hindstat {

std::span<const CounterGroup> statistics_sentences() {
  static const std::array groups{CounterGroup{"Ip", sentences::ip()},
                                 CounterGroup{"Icmp", sentences::icmp()},
                                 CounterGroup{"IcmpMsg", {}},
                                 CounterGroup{"Tcp", sentences::tcp()},
                                 CounterGroup{"Udp", sentences::udp()},
                                 CounterGroup{"UdpLite", sentences::udplite()},
                                 CounterGroup{"TcpExt", sentences::tcp_ext()},
                                 CounterGroup{"IpExt", sentences::ip_ext()},
                                 CounterGroup{"MPTcpExt", sentences::mptcp_ext()},
                                 CounterGroup{"Sctp", sentences::sctp()},
                                 CounterGroup{"Ip6", sentences::ip6()},
                                 CounterGroup{"Icmp6", sentences::icmp6()},
                                 CounterGroup{"Udp6", sentences::udp6()},
                                 CounterGroup{"UdpLite6", sentences::udplite6()}};
  return groups;
}

} // namespace hindstat
