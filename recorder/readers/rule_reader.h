// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table rule: a dump by rtnetlink for each family. A kernel without policy routing has none.
void read_rules(ReadContext& context);

} // namespace hindstat
