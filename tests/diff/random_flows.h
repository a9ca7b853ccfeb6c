// SPDX-License-Identifier: MIT
#pragma once

#include "tests/tables/random_table.h"

namespace hindstat {

/// Tracked flows of few addresses and ports, so that they meet: rewritten or not, closing or not, due or not.
[[nodiscard]] Table random_flows(Rng& rng);

/// Path MTUs and redirects of few destinations, some with timers that are over.
[[nodiscard]] Table random_exceptions(Rng& rng);

} // namespace hindstat
