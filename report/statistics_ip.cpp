// SPDX-License-Identifier: MIT
// What netstat -s says of IPv4 and ICMP.
#include "report/statistics_groups.h"

namespace hindstat {

namespace {

using Shown = CounterSentence::Shown;

constexpr CounterSentence ip[] = {{"Forwarding"},
                                  {"DefaultTTL", "", Shown::never},
                                  {"InReceives", "{} total packets received", Shown::always},
                                  {"InHdrErrors", "{} with invalid headers"},
                                  {"InAddrErrors", "{} with invalid addresses"},
                                  {"ForwDatagrams", "{} forwarded", Shown::always},
                                  {"InUnknownProtos", "{} with unknown protocol"},
                                  {"InDiscards", "{} incoming packets discarded", Shown::always},
                                  {"InDelivers", "{} incoming packets delivered", Shown::always},
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
                                  {"OutTransmits"}};

constexpr CounterSentence icmp[] = {{"InMsgs", "{} ICMP messages received", Shown::always},
                                    {"InErrors", "{} input ICMP message failed", Shown::always},
                                    {"InCsumErrors"},
                                    {"", "ICMP input histogram:", Shown::always, 4},
                                    {"InDestUnreachs", "destination unreachable: {}", Shown::nonzero, 8},
                                    {"InTimeExcds", "timeout in transit: {}", Shown::nonzero, 8},
                                    {"InParmProbs", "wrong parameters: {}", Shown::nonzero, 8},
                                    {"InSrcQuenchs", "source quenches: {}", Shown::nonzero, 8},
                                    {"InRedirects", "redirects: {}", Shown::nonzero, 8},
                                    {"InEchos", "echo requests: {}", Shown::nonzero, 8},
                                    {"InEchoReps", "echo replies: {}", Shown::nonzero, 8},
                                    {"InTimestamps", "timestamp request: {}", Shown::nonzero, 8},
                                    {"InTimestampReps", "timestamp reply: {}", Shown::nonzero, 8},
                                    {"InAddrMasks", "address mask request: {}", Shown::nonzero, 8},
                                    {"InAddrMaskReps", "address mask replies: {}", Shown::nonzero, 8},
                                    {"OutMsgs", "{} ICMP messages sent", Shown::always},
                                    {"OutErrors", "{} ICMP messages failed", Shown::always},
                                    {"OutRateLimitGlobal"},
                                    {"OutRateLimitHost"},
                                    {"", "ICMP output histogram:", Shown::always, 4},
                                    {"OutDestUnreachs", "destination unreachable: {}", Shown::nonzero, 8},
                                    {"OutTimeExcds", "time exceeded: {}", Shown::nonzero, 8},
                                    {"OutParmProbs", "wrong parameters: {}", Shown::nonzero, 8},
                                    {"OutSrcQuenchs", "source quench: {}", Shown::nonzero, 8},
                                    {"OutRedirects", "redirect: {}", Shown::nonzero, 8},
                                    {"OutEchos", "echo requests: {}", Shown::nonzero, 8},
                                    {"OutEchoReps", "echo replies: {}", Shown::nonzero, 8},
                                    {"OutTimestamps", "timestamp requests: {}", Shown::nonzero, 8},
                                    {"OutTimestampReps", "timestamp replies: {}", Shown::nonzero, 8},
                                    {"OutAddrMasks", "address mask requests: {}", Shown::nonzero, 8},
                                    {"OutAddrMaskReps", "address mask replies: {}", Shown::nonzero, 8}};

constexpr CounterSentence ip_ext[] = {
  {"InNoRoutes"},   {"InTruncatedPkts"}, {"InMcastPkts"},   {"OutMcastPkts"},   {"InBcastPkts"},   {"OutBcastPkts"},
  {"InOctets"},     {"OutOctets"},       {"InMcastOctets"}, {"OutMcastOctets"}, {"InBcastOctets"}, {"OutBcastOctets"},
  {"InCsumErrors"}, {"InNoECTPkts"},     {"InECT1Pkts"},    {"InECT0Pkts"},     {"InCEPkts"},      {"ReasmOverlaps"}};

} // namespace

namespace sentences {

std::span<const CounterSentence> ip() {
  return hindstat::ip;
}

std::span<const CounterSentence> icmp() {
  return hindstat::icmp;
}

std::span<const CounterSentence> ip_ext() {
  return hindstat::ip_ext;
}

} // namespace sentences

} // namespace hindstat
