// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "diff/event.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to the rows of a table that has no rules of its own, from the roles of its columns alone: rows of
/// equal keys are one thing unless an incarnation known on both sides differs (within one boot); states and attributes
/// compare exactly; a gauge when it changed by more than 8 and by more than half; counters give what was counted, never
/// less than 0; timers and notes are not compared. The order of rows does not matter. `owners_comparable`: else a
/// column pid is not compared.
[[nodiscard]] std::vector<Event> diff_rows(const ComparedTable& table, bool same_boot, bool owners_comparable = true);

} // namespace hindstat
