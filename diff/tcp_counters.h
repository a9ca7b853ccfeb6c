// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tables/snapshot.h"

namespace hindstat {

/// A counter of table protocol_counter.
struct CounterName {
  std::string_view group; ///< "Tcp"
  std::string_view name;  ///< "ActiveOpens"
};

/// How far counters of one network namespace grew from A to B, by name. Those are left out that one side does not have,
/// and those that fell. Empty where one side did not collect the table.
[[nodiscard]] std::map<std::string_view, std::uint64_t> growth_of_counters(const Snapshot& before,
                                                                           const Snapshot& after,
                                                                           std::string_view netns,
                                                                           std::span<const CounterName> names);

} // namespace hindstat
