// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "diff/comparability.h"
#include "diff/event.h"

namespace hindstat {

/// What happened to tracked flows, by the rules of any row, in the words of people: the key is "tcp 10.0.0.9:40000 >
/// 192.0.2.1:443", and of a flow that came or went only those parts of the reply tuple are said that differ from the
/// mirrored original. `before` and `after` are the tables of the snapshots, which the rows of events refer to; nullptr
/// is no rows.
[[nodiscard]] std::vector<Event> diff_flows(const ComparedTable& table, const Table* before, const Table* after,
                                            bool same_boot);

} // namespace hindstat
