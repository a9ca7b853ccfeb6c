// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "store/bytes.h"
#include "tables/change_set.h"

namespace hindstat {

/// The body of a change set behind its tag: `changes` of block_codec.h.
void append_changes(std::string& out, const ChangeSet& changes, const Table& base);

/// Applies such a body in place. Returns the bytes of the cells that it set. Throws Error when it is damaged or the
/// table does not end with `rows` rows.
std::uint64_t apply_changes(ByteReader& in, std::uint64_t rows, Table& table);

} // namespace hindstat
