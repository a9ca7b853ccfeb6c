// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "tables/capture.h"
#include "tables/catalog.h"
#include "tests/tables/random_table.h"

namespace hindstat {

/// The specs over which laws are held: the whole catalog, the captures' own, and one with every kind and role. A new
/// table in the catalog is covered with no edit.
[[nodiscard]] inline std::vector<TableSpec> specs_under_law() {
  std::vector<TableSpec> specs(catalog().begin(), catalog().end());
  specs.push_back(captures.spec());
  specs.push_back(all_kinds_spec());
  return specs;
}

} // namespace hindstat
