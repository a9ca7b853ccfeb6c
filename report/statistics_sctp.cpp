// SPDX-License-Identifier: MIT
// What netstat -s says of SCTP, with the blanks at the ends of two of its sentences.
#include "report/statistics_groups.h"

namespace hindstat {

namespace {

using Shown = CounterSentence::Shown;

constexpr CounterSentence sctp[] = {{"CurrEstab", "{} Current Associations", Shown::always},
                                    {"ActiveEstabs", "{} Active Associations", Shown::always},
                                    {"PassiveEstabs", "{} Passive Associations", Shown::always},
                                    {"Aborteds", "{} Number of Aborteds ", Shown::always},
                                    {"Shutdowns", "{} Number of Graceful Terminations", Shown::always},
                                    {"OutOfBlues", "{} Number of Out of Blue packets", Shown::always},
                                    {"ChecksumErrors", "{} Number of Packets with invalid Checksum", Shown::always},
                                    {"OutCtrlChunks", "{} Number of control chunks sent", Shown::always},
                                    {"OutOrderChunks", "{} Number of ordered chunks sent", Shown::always},
                                    {"OutUnorderChunks", "{} Number of Unordered chunks sent", Shown::always},
                                    {"InCtrlChunks", "{} Number of control chunks received", Shown::always},
                                    {"InOrderChunks", "{} Number of ordered chunks received", Shown::always},
                                    {"InUnorderChunks", "{} Number of Unordered chunks received", Shown::always},
                                    {"FragUsrMsgs", "{} Number of messages fragmented", Shown::always},
                                    {"ReasmUsrMsgs", "{} Number of messages reassembled ", Shown::always},
                                    {"OutSCTPPacks", "{} Number of SCTP packets sent", Shown::always},
                                    {"InSCTPPacks", "{} Number of SCTP packets received", Shown::always},
                                    {"T1InitExpireds"},
                                    {"T1CookieExpireds"},
                                    {"T2ShutdownExpireds"},
                                    {"T3RtxExpireds"},
                                    {"T4RtoExpireds"},
                                    {"T5ShutdownGuardExpireds"},
                                    {"DelaySackExpireds"},
                                    {"AutocloseExpireds"},
                                    {"T3Retransmits"},
                                    {"PmtudRetransmits"},
                                    {"FastRetransmits"},
                                    {"InPktSoftirq"},
                                    {"InPktBacklog"},
                                    {"InPktDiscards"},
                                    {"InDataChunkDiscards"}};

} // namespace

namespace sentences {

std::span<const CounterSentence> sctp() {
  return hindstat::sctp;
}

} // namespace sentences

} // namespace hindstat
