// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "report/statistics_sentences.h"

/// The sentences of each group, a file for each protocol.
namespace hindstat::sentences {

[[nodiscard]] std::span<const CounterSentence> ip();        ///< Ip
[[nodiscard]] std::span<const CounterSentence> icmp();      ///< Icmp
[[nodiscard]] std::span<const CounterSentence> tcp();       ///< Tcp
[[nodiscard]] std::span<const CounterSentence> udp();       ///< Udp
[[nodiscard]] std::span<const CounterSentence> udplite();   ///< UdpLite
[[nodiscard]] std::span<const CounterSentence> tcp_ext();   ///< TcpExt
[[nodiscard]] std::span<const CounterSentence> ip_ext();    ///< IpExt
[[nodiscard]] std::span<const CounterSentence> mptcp_ext(); ///< MPTcpExt
[[nodiscard]] std::span<const CounterSentence> sctp();      ///< Sctp
[[nodiscard]] std::span<const CounterSentence> ip6();       ///< Ip6
[[nodiscard]] std::span<const CounterSentence> icmp6();     ///< Icmp6
[[nodiscard]] std::span<const CounterSentence> udp6();      ///< Udp6
[[nodiscard]] std::span<const CounterSentence> udplite6();  ///< UdpLite6

} // namespace hindstat::sentences
