// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "recorder/readers/conntrack_rows.h"

namespace hindstat {

/// Message types of ctnetlink: what is asked for, and what the answers are.
struct CtnetlinkTypes {
  std::uint16_t request = 0;
  std::uint16_t answer = 0;
};
[[nodiscard]] CtnetlinkTypes ctnetlink_flows();
[[nodiscard]] CtnetlinkTypes ctnetlink_expectations();
[[nodiscard]] CtnetlinkTypes ctnetlink_statistics();

/// The payload of each of these requests: a struct nfgenmsg that asks for every family.
[[nodiscard]] std::array<std::byte, 4> ctnetlink_request();

/// Adds the row of one flow's payload (struct nfgenmsg and attributes). Skipped: families other than IPv4 and IPv6;
/// rejected: without both tuples, or with an attribute that is shorter than its type.
[[nodiscard]] Verdict add_flow_message(ConntrackRows& rows, std::span<const std::byte> payload,
                                       const ReadMoment& moment);

/// The same for one expectation.
[[nodiscard]] Verdict add_expectation_message(ExpectationRows& rows, std::span<const std::byte> payload,
                                              const ReadMoment& moment);

/// Adds the counters of one CPU. Counters that came after this program have no name here and are passed over.
[[nodiscard]] Verdict add_statistics_message(ConntrackCounters& counters, std::span<const std::byte> payload);

} // namespace hindstat
