// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "diff/row_events.h"
#include "diff/side_rows.h"

namespace hindstat {

/// Which interface of A is which of B. Rows that are equal are in none of the lists.
struct InterfaceMatch {
  std::vector<RowPair> stayed;    ///< One device; its name may be another.
  std::vector<RowPair> recreated; ///< Another device of the same name.
  std::vector<std::uint32_t> removed;
  std::vector<std::uint32_t> added;
};

/// Within one boot a device is known by its index, where that is known on both sides; else by its name. Both tables
/// are of spec `interfaces`; the order of rows does not matter.
[[nodiscard]] InterfaceMatch match_interfaces(const ComparedTable& table, bool same_boot);

} // namespace hindstat
