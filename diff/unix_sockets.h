// SPDX-License-Identifier: MIT
#pragma once

#include "diff/rule_context.h"
#include "diff/side_rows.h"

namespace hindstat {

/// What happened to unix sockets: those that listen, and those that have a name and do not listen, one by one. What is
/// connected or has no name has nothing but an inode to tell it apart: it is only counted by owner, in a note. Both
/// tables are of spec `unix_sockets`.
[[nodiscard]] TableDiff diff_unix_sockets(const ComparedTable& table, const RuleContext& context);

} // namespace hindstat
