// SPDX-License-Identifier: MIT
// The one list of the counters that count what went wrong. Meanings: RFC 4293 (Ip, Icmp), RFC 4022 (Tcp), RFC 4113
// (Udp); for TcpExt, IpExt and what Linux adds to the others Documentation/networking/snmp_counter.rst and the places
// that count them, by the names of net/ipv4/proc.c, net/ipv6/proc.c and net/mptcp/mib.c.
#include "diff/error_counters.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace hindstat {

namespace {

using Name = std::string_view;

constexpr std::array<Name, 13> ip_errors{
  "InHdrErrors", "InAddrErrors", "InUnknownProtos", "InDiscards", "OutDiscards",  "OutNoRoutes",    "ReasmTimeout",
  "ReasmFails",  "FragFails",    "InTooBigErrors",  "InNoRoutes", "InCsumErrors", "InTruncatedPkts"};

// What ICMP messages tell (InDestUnreachs and so on) is not here: they are answers, often wanted ones.
constexpr std::array<Name, 5> icmp_errors{"InErrors", "InCsumErrors", "OutErrors", "OutRateLimitGlobal",
                                          "OutRateLimitHost"};

// OutRsts is not here: closing a socket with unread data sends one, too.
constexpr std::array<Name, 5> tcp_errors{"AttemptFails", "EstabResets", "RetransSegs", "InErrs", "InCsumErrors"};

constexpr std::array<Name, 6> udp_errors{"NoPorts",      "InErrors",     "RcvbufErrors",
                                         "SndbufErrors", "InCsumErrors", "MemErrors"};

constexpr std::array tcp_ext_errors{
  // Segments and attempts that were not accepted.
  Name("SyncookiesFailed"), Name("EmbryonicRsts"), Name("PruneCalled"), Name("RcvPruned"), Name("OfoPruned"),
  Name("OutOfWindowIcmps"), Name("LockDroppedIcmps"), Name("ArpFilter"), Name("PAWSPassive"), Name("PAWSActive"),
  Name("PAWSEstab"), Name("PAWSOldAck"), Name("PAWSTimewait"), Name("BeyondWindow"), Name("TSEcrRejected"),
  Name("ListenOverflows"), Name("ListenDrops"), Name("TCPBacklogDrop"), Name("PFMemallocDrop"), Name("TCPMinTTLDrop"),
  Name("TCPDeferAcceptDrop"), Name("IPReversePathFilter"), Name("TCPTimeWaitOverflow"), Name("TCPReqQFullDoCookies"),
  Name("TCPReqQFullDrop"), Name("TCPOFODrop"), Name("TCPZeroWindowDrop"), Name("TCPRcvQDrop"),
  Name("TCPPrequeueDropped"), Name("TCPWqueueTooBig"), Name("TCPMD5NotFound"), Name("TCPMD5Unexpected"),
  Name("TCPMD5Failure"), Name("TCPAORequired"), Name("TCPAOBad"), Name("TCPAOKeyNotFound"), Name("TCPAODroppedIcmps"),
  Name("TCPMigrateReqFailure"),
  // Retransmissions, timeouts and recoveries that failed.
  Name("TCPTimeouts"), Name("TCPSynRetrans"), Name("TCPFastRetrans"), Name("TCPForwardRetrans"),
  Name("TCPSlowStartRetrans"), Name("TCPLostRetransmit"), Name("TCPRetransFail"), Name("TCPRenoFailures"),
  Name("TCPSackFailures"), Name("TCPLossFailures"), Name("TCPRenoRecoveryFail"), Name("TCPSackRecoveryFail"),
  Name("TCPSACKReneging"), Name("TCPMTUPFail"), Name("TCPFastOpenActiveFail"), Name("TCPFastOpenPassiveFail"),
  Name("TCPFastOpenListenOverflow"), Name("TCPFastOpenBlackhole"),
  // Connections that were given up, and want of memory.
  Name("TCPAbortOnData"), Name("TCPAbortOnClose"), Name("TCPAbortOnMemory"), Name("TCPAbortOnTimeout"),
  Name("TCPAbortOnLinger"), Name("TCPAbortFailed"), Name("TCPMemoryPressures"), Name("TCPSchedulerFailed")};

constexpr std::array<Name, 7> mptcp_errors{"MPTCPRetrans", "DataCsumErr", "MPFailTx",     "MPFailRx",
                                           "RcvPruned",    "DSSCsumErr",  "NoDSSInWindow"};

struct Group {
  Name name;
  std::span<const Name> counters;
};

constexpr std::array groups{
  Group{"Ip", ip_errors},          Group{"Ip6", ip_errors},       Group{"IpExt", ip_errors},
  Group{"Icmp", icmp_errors},      Group{"Icmp6", icmp_errors},   Group{"Tcp", tcp_errors},
  Group{"TcpExt", tcp_ext_errors}, Group{"Udp", udp_errors},      Group{"Udp6", udp_errors},
  Group{"UdpLite", udp_errors},    Group{"UdpLite6", udp_errors}, Group{"MPTcpExt", mptcp_errors},
};

constexpr std::array<std::pair<Name, Name>, 6> settings{{{"Ip", "Forwarding"},
                                                         {"Ip", "DefaultTTL"},
                                                         {"Tcp", "RtoAlgorithm"},
                                                         {"Tcp", "RtoMin"},
                                                         {"Tcp", "RtoMax"},
                                                         {"Tcp", "MaxConn"}}};

} // namespace

bool is_error_counter(std::string_view group, std::string_view name) {
  return std::ranges::any_of(groups, [&](const Group& known) {
    return known.name == group && std::ranges::find(known.counters, name) != known.counters.end();
  });
}

bool is_setting(std::string_view group, std::string_view name) {
  return std::ranges::find(settings, std::pair(group, name)) != settings.end();
}

} // namespace hindstat
