// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace hindstat {

/// Makes the checksums of a store right for what it holds now, as a stranger would: those of layouts, blocks and
/// snapshots, as docs/format.md has them. What SQLite refuses is left.
void mend_checksums(const std::string& path);

/// Makes row_count and content_sum of each block that can be decoded right as well, before the checksums.
void mend_contents(const std::string& path);

/// Puts `payload` in place of the first keyframe of `table`, with that number of rows, and makes the checksums right.
void replace_block(const std::string& path, const std::string& table, const std::string& payload, std::uint64_t rows);

} // namespace hindstat
