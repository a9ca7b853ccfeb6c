// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "diff/diff.h"
#include "diff/side_rows.h"

namespace hindstat {

/// The value of one word of Capture::coverage: "complete" of "owners" in "tcp=netlink owners=complete"; "" when the
/// word is not there.
[[nodiscard]] std::string_view find_coverage(std::string_view coverage, std::string_view word);

/// A table has several sources (a protocol of a family each), which may answer on one side only or by another way.
/// Takes out of `table` the rows of the captures' namespace whose source did not answer on both sides, and those that
/// two ways of reading do not tell alike; says so in `answer`.
void restrict_to_common_sources(ComparedTable& table, const Capture& before, const Capture& after,
                                Comparability& answer);

} // namespace hindstat
