// SPDX-License-Identifier: MIT
// What netstat -s says of UDP and UDP-Lite, both families.
#include "report/statistics_groups.h"

namespace hindstat {

namespace {

using Shown = CounterSentence::Shown;

constexpr CounterSentence udp[] = {{"InDatagrams", "{} packets received", Shown::always},
                                   {"NoPorts", "{} packets to unknown port received", Shown::always},
                                   {"InErrors", "{} packet receive errors", Shown::always},
                                   {"OutDatagrams", "{} packets sent", Shown::always},
                                   {"RcvbufErrors", "{} receive buffer errors", Shown::always},
                                   {"SndbufErrors", "{} send buffer errors", Shown::always},
                                   {"InCsumErrors"},
                                   {"IgnoredMulti"},
                                   {"MemErrors"}};

constexpr CounterSentence udplite[] = {{"InDatagrams"},  {"NoPorts"},      {"InErrors"},
                                       {"OutDatagrams"}, {"RcvbufErrors"}, {"SndbufErrors"},
                                       {"InCsumErrors"}, {"IgnoredMulti"}, {"MemErrors"}};

constexpr CounterSentence udp6[] = {{"InDatagrams", "{} packets received", Shown::always},
                                    {"NoPorts", "{} packets to unknown port received", Shown::always},
                                    {"InErrors", "{} packet receive errors", Shown::always},
                                    {"OutDatagrams", "{} packets sent", Shown::always},
                                    {"RcvbufErrors"},
                                    {"SndbufErrors"},
                                    {"InCsumErrors"},
                                    {"IgnoredMulti"},
                                    {"MemErrors"}};

constexpr CounterSentence udplite6[] = {{"InDatagrams"},  {"NoPorts"},      {"InErrors"},     {"OutDatagrams"},
                                        {"RcvbufErrors"}, {"SndbufErrors"}, {"InCsumErrors"}, {"MemErrors"}};

} // namespace

namespace sentences {

std::span<const CounterSentence> udp() {
  return hindstat::udp;
}

std::span<const CounterSentence> udplite() {
  return hindstat::udplite;
}

std::span<const CounterSentence> udp6() {
  return hindstat::udp6;
}

std::span<const CounterSentence> udplite6() {
  return hindstat::udplite6;
}

} // namespace sentences

} // namespace hindstat
