// SPDX-License-Identifier: MIT
// What netstat -s says of IPv6 and ICMPv6.
#include "report/statistics_groups.h"

namespace hindstat {

namespace {

using Shown = CounterSentence::Shown;

constexpr CounterSentence ip6[] = {{"InReceives", "{} total packets received", Shown::always},
                                   {"InHdrErrors", "{} with invalid headers"},
                                   {"InTooBigErrors", "{} with packets too big"},
                                   {"InNoRoutes", "{} incoming packets with no route"},
                                   {"InAddrErrors", "{} with invalid addresses"},
                                   {"InUnknownProtos", "{} with unknown protocol"},
                                   {"InTruncatedPkts", "{} with truncated packets"},
                                   {"InDiscards", "{} incoming packets discarded", Shown::always},
                                   {"InDelivers", "{} incoming packets delivered", Shown::always},
                                   {"OutForwDatagrams", "{} forwarded", Shown::always},
                                   {"OutRequests", "{} requests sent out", Shown::always},
                                   {"OutDiscards", "{} outgoing packets dropped"},
                                   {"OutNoRoutes", "{} dropped because of missing route"},
                                   {"ReasmTimeout", "{} fragments dropped after timeout"},
                                   {"ReasmReqds", "{} reassemblies required"},
                                   {"ReasmOKs", "{} packets reassembled ok"},
                                   {"ReasmFails", "{} packet reassemblies failed"},
                                   {"FragOKs", "{} outgoing packets fragmented ok"},
                                   {"FragFails", "{} outgoing packets failed fragmentation"},
                                   {"FragCreates", "{} fragments created"},
                                   {"InMcastPkts", "{} incoming multicast packets"},
                                   {"OutMcastPkts", "{} outgoing multicast packets"},
                                   {"InOctets"},
                                   {"OutOctets"},
                                   {"InMcastOctets"},
                                   {"OutMcastOctets"},
                                   {"InBcastOctets"},
                                   {"OutBcastOctets"},
                                   {"InNoECTPkts"},
                                   {"InECT1Pkts"},
                                   {"InECT0Pkts"},
                                   {"InCEPkts"},
                                   {"OutTransmits"}};

constexpr CounterSentence icmp6[] = {{"InMsgs", "{} ICMP messages received", Shown::always},
                                     {"InErrors", "{} input ICMP message failed", Shown::always},
                                     {"OutMsgs", "{} ICMP messages sent", Shown::always},
                                     {"OutErrors"},
                                     {"InCsumErrors"},
                                     {"OutRateLimitHost"},
                                     {"", "ICMP input histogram:", Shown::always, 4},
                                     {"InDestUnreachs", "destination unreachable: {}", Shown::nonzero, 8},
                                     {"InPktTooBigs", "packets too big: {}", Shown::nonzero, 8},
                                     {"InTimeExcds", "received ICMPv6 time exceeded: {}", Shown::nonzero, 8},
                                     {"InParmProblems", "parameter problem: {}", Shown::nonzero, 8},
                                     {"InEchos", "echo requests: {}", Shown::nonzero, 8},
                                     {"InEchoReplies", "echo replies: {}", Shown::nonzero, 8},
                                     {"InGroupMembQueries", "group member queries: {}", Shown::nonzero, 8},
                                     {"InGroupMembResponses", "group member responses: {}", Shown::nonzero, 8},
                                     {"InGroupMembReductions", "group member reductions: {}", Shown::nonzero, 8},
                                     {"InRouterSolicits", "router solicits: {}", Shown::nonzero, 8},
                                     {"InRouterAdvertisements", "router advertisement: {}", Shown::nonzero, 8},
                                     {"InNeighborSolicits", "neighbour solicits: {}", Shown::nonzero, 8},
                                     {"InNeighborAdvertisements", "neighbour advertisement: {}", Shown::nonzero, 8},
                                     {"InRedirects", "redirects: {}", Shown::nonzero, 8},
                                     {"InMLDv2Reports", "", Shown::nonzero, 8},
                                     {"", "ICMP output histogram:", Shown::always, 8},
                                     {"OutDestUnreachs", "destination unreachable: {}", Shown::nonzero, 8},
                                     {"OutPktTooBigs", "packets too big: {}", Shown::nonzero, 8},
                                     {"OutTimeExcds", "sent ICMPv6 time exceeded: {}", Shown::nonzero, 8},
                                     {"OutParmProblems", "parameter problem: {}", Shown::nonzero, 8},
                                     {"OutEchos", "echo requests: {}", Shown::nonzero, 8},
                                     {"OutEchoReplies", "echo replies: {}", Shown::nonzero, 8},
                                     {"OutGroupMembQueries", "group member queries: {}", Shown::nonzero, 8},
                                     {"OutGroupMembResponses", "group member responses: {}", Shown::nonzero, 8},
                                     {"OutGroupMembReductions", "group member reductions: {}", Shown::nonzero, 8},
                                     {"OutRouterSolicits", "router solicits: {}", Shown::nonzero, 8},
                                     {"OutRouterAdvertisements", "", Shown::nonzero, 8},
                                     {"OutNeighborSolicits", "neighbor solicits: {}", Shown::nonzero, 8},
                                     {"OutNeighborAdvertisements", "neighbor advertisements: {}", Shown::nonzero, 8},
                                     {"OutRedirects", "redirects: {}", Shown::nonzero, 8},
                                     {"OutMLDv2Reports", "", Shown::nonzero, 8}};

} // namespace

namespace sentences {

std::span<const CounterSentence> ip6() {
  return hindstat::ip6;
}

std::span<const CounterSentence> icmp6() {
  return hindstat::icmp6;
}

} // namespace sentences

} // namespace hindstat
