// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/bytes.h"
#include "tables/change_set.h"

namespace hindstat {

/// The body of a change set behind its tag: `changes` of block_codec.h.
void append_changes(std::string& out, const ChangeSet& changes, const Table& base);

/// What applying a change set did.
struct AppliedChanges {
  std::uint64_t work = 0;             ///< Bytes of the cells that were set.
  std::vector<std::uint32_t> touched; ///< Slots whose row is another one or has other cells, or that came or went; in
                                      ///< no order, some more than once.
};

/// Applies such a body in place. Throws Error when it is damaged or the table does not end with `rows` rows.
AppliedChanges apply_changes(ByteReader& in, std::uint64_t rows, Table& table);

} // namespace hindstat
