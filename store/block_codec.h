// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/compression.h"
#include "store/load_budget.h"
#include "tables/change_set.h"
#include "tables/table.h"

namespace hindstat {

// One table of one snapshot as bytes. The columns, their kinds and roles come from the layout, in its order.
//
//   payload  := one zstd frame of body
//   body     := keyframe | changes
//   keyframe := 'K' rows:varint { [entries] cells(rows) }(each column)
//   changes  := 'C' before:varint removed:slots(before) added:varint [columns] { section }(each column listed)
//   columns  := only if added is 0:  count:varint { column:varint }     ascending
//               else every column is listed
//   section  := [entries] changed:slots(before) cells(changed) cells(added)
//
// [entries] stands only for interned kinds; integers, slots, cells and entries are in integer_codec.h and
// column_codec.h. A keyframe has no entry before its own; the entries of a change set follow those of its base. The
// changed cells of counters and timers are zigzag(new - old) as Kind::u64; the raw value of an old null is 0.
// A row keeps its slot. Each added row refills a removed slot, in ascending order; surplus added rows are appended;
// surplus holes are filled from the tail, the last row that stays going to the lowest hole.

/// Most rows of a table, and most bytes of its cells or of a body.
inline constexpr std::uint64_t most_rows = std::uint64_t{1} << 28;
inline constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;

/// The payload of a keyframe. Its rows are in the order that packs best, not in that of the table. Throws Error when
/// the table is beyond what readers accept.
[[nodiscard]] std::string encode_keyframe(const Table& table);

/// The payload of `changes` against `base`, which must be what a reader has: the outcome of BlockDecoder::apply().
[[nodiscard]] std::string encode_changes(const ChangeSet& changes, const Table& base);

/// Bytes of memory that a table of so many rows takes at most while it is decoded, less its texts.
[[nodiscard]] std::uint64_t decoding_bytes(const TableSpec& spec, std::uint64_t rows);

/// Decodes payloads that may come from a stranger.
class BlockDecoder {
public:
  /// Makes `table`, as the base's payload left it (or empty for a keyframe), the table of this payload, in time
  /// proportional to what the payload holds. Returns the work: the bytes of its body and of the cells it set. Throws
  /// Error, and leaves `table` usable for nothing, when the payload is damaged, does not give `rows` rows, or the table
  /// is beyond the budget.
  std::uint64_t apply(std::string_view payload, std::uint64_t rows, Table& table,
                      const LoadBudget& budget = LoadBudget::unlimited());

  /// Of the change set applied last: the slots whose row is another one or has other cells, or that came or went; in no
  /// order, some more than once. Of a keyframe none: nothing stayed.
  [[nodiscard]] const std::vector<std::uint32_t>& touched() const {
    return touched_;
  }

private:
  Decompressor decompressor_;
  std::vector<std::uint32_t> touched_;
};

} // namespace hindstat
