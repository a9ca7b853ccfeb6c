// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "cli/times.h"
#include "store/store.h"

namespace hindstat {

/// Every snapshot of a store for people: id, host, time, rows of each table, bytes, and the statuses that are not
/// complete with their reasons.
[[nodiscard]] std::string format_listing(const Store& store, const Zone& zone);

/// The same as JSON Lines, one object a snapshot.
[[nodiscard]] std::string format_listing_json(const Store& store);

} // namespace hindstat
