// SPDX-License-Identifier: MIT
#include "tests/fuzz/fuzzing.h"

#include <functional>

#include "store/block_codec.h"
#include "store/column_codec.h"
#include "tables/change_set.h"

namespace hindstat::fuzz {

namespace {

void require_sound_cell(const ColumnSpec& spec, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    require(spec.nullable, "only nullable columns hold null");
    require(column.raw(row) == 0, "a null cell's raw value is 0");
    return;
  }
  require(column.raw(row) <= largest_raw(spec.kind), "a cell fits its kind");
  switch (spec.kind) {
    case Kind::boolean:
      require(column.raw(row) <= 1, "a boolean is 0 or 1");
      break;
    case Kind::mac:
      require(column.raw(row) >> 48 == 0, "a MAC address has 48 bits");
      break;
    case Kind::address:
      require(column.bytes(row).size() == 4 || column.bytes(row).size() == 16, "an address has 4 or 16 bytes");
      break;
    case Kind::text:
      require(column.raw(row) < column.dictionary().size(), "a text is in its dictionary");
      break;
    default:
      break;
  }
}

void require_keyframe(const Table& table) {
  static BlockDecoder decoder; // Making its zstd context takes longer than most inputs.
  Table loaded(table.spec());
  decoder.apply(encode_keyframe(table), table.size(), loaded);
  require(loaded == table, "decode(encode(table)) == table");
  require(loaded.content_sum() == table.content_sum(), "equal tables have equal content sums");
}

} // namespace

bool lies_in(std::string_view part, std::string_view whole) {
  const std::less_equal<> not_after; // Total even for pointers into different arrays.
  return part.empty()
         || (not_after(whole.data(), part.data()) && not_after(part.data() + part.size(), whole.data() + whole.size()));
}

void require_sound(const Table& table, std::size_t most_rows) {
  require(table.size() <= most_rows, "there are no more rows than the input can hold");
  const TableSpec& spec = table.spec();
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    require(table.column(i).size() == table.size(), "every column has a cell for every row");
    for (std::size_t row = 0; row < table.size(); ++row) {
      require_sound_cell(spec.columns[i], table.column(i), row);
    }
  }
}

void require_recordable(const Table& table, std::size_t most_rows) {
  require_sound(table, most_rows);
  if (!table.empty()) {
    require_keyframe(table);
  }
}

void require_storable(const Table& table, const Table& base) {
  require_keyframe(table);
  const ChangeSet changes = compare(base, table);
  require(changes.empty() == (base == table), "a change set is empty where the tables are equal");
  require(apply(changes, base) == table, "apply(compare(base, table), base) == table");
  BlockDecoder decoder;
  Table stored_base(base.spec());
  decoder.apply(encode_keyframe(base), base.size(), stored_base);
  const ChangeSet stored = compare(stored_base, table);
  decoder.apply(encode_changes(stored, stored_base), table.size(), stored_base);
  require(stored_base == table, "changes in a store lead to the table");
}

} // namespace hindstat::fuzz
