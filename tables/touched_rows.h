// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace hindstat {

/// Where a table of two snapshots may differ, when both keep their rows in the same slots: row i of the table before
/// equals row i of the table after, unless it is named here.
struct TouchedRows {
  std::string_view table;            ///< A name of the catalog.
  std::vector<std::uint32_t> before; ///< Rows of the table before, ascending.
  std::vector<std::uint32_t> after;  ///< Rows of the table after, ascending.
};

} // namespace hindstat
