// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "diff/event.h"
#include "diff/owners.h"
#include "tables/snapshot.h"

namespace hindstat {

/// Interfaces that have another name in B: (namespace, name in A) to name in B.
using InterfaceRenames = std::map<std::pair<std::string, std::string>, std::string>;

/// What the rules of a table may ask beside its rows. Everything outlives it.
struct RuleContext {
  const Snapshot* before = nullptr;
  const Snapshot* after = nullptr;
  bool same_boot = true;
  bool owners_comparable = true;
  const Owners* owners_before = nullptr;
  const Owners* owners_after = nullptr;
  InterfaceRenames renames; ///< Empty where table interface is not there.
};

/// What happened to the rows of one table.
struct TableDiff {
  std::vector<Event> events;
  std::vector<std::string> notes; ///< Sentences for Comparability::notes.
};

} // namespace hindstat
