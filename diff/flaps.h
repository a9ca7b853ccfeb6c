// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "diff/range.h"

namespace hindstat {

/// What goes to and fro this often is one event range.flap.
inline constexpr std::size_t least_flaps = 3;

/// Replaces the events of one thing that came and went, or whose value went to another and back, `least_flaps` times or
/// more by one event range.flap at the place of the first. Connections are left alone: each is another one. Events are
/// in the order of steps.
[[nodiscard]] std::vector<RangeEvent> fold_flaps(std::vector<RangeEvent> events);

} // namespace hindstat
