// SPDX-License-Identifier: MIT
#include "store/block_codec.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "store/change_codec.h"
#include "store/column_codec.h"

namespace hindstat {

namespace {

constexpr char keyframe_tag = 'K';
constexpr char changes_tag = 'C';

std::uint64_t row_bytes(const TableSpec& spec) {
  return std::accumulate(spec.columns.begin(), spec.columns.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const ColumnSpec& column) { return sum + width_of(column.kind); });
}

bool is_too_large(const TableSpec& spec, std::uint64_t rows) {
  return rows > most_rows || rows * row_bytes(spec) > most_bytes;
}

// No body of a table that had `before` rows and then has `rows` is longer: each cell is at most a slot, a null's slot,
// a value and an entry.
std::uint64_t longest_body(const TableSpec& spec, std::uint64_t before, std::uint64_t rows) {
  constexpr std::uint64_t section = 64;
  constexpr std::uint64_t cell = 48;
  std::uint64_t longest = section;
  for (const ColumnSpec& column : spec.columns) {
    longest += section + (before + rows) * (cell + (column.kind == Kind::text ? longest_text : 0));
  }
  return std::min(longest, most_bytes);
}

// zstd's densest block: 128 KiB from 4 bytes. A shorter frame that claims more lies.
std::uint64_t most_content(std::string_view frame) {
  constexpr std::uint64_t block_bytes = 131'072;
  constexpr std::uint64_t smallest_block = 4;
  return (frame.size() / smallest_block + 1) * block_bytes;
}

std::string checked_payload(const std::string& body, const TableSpec& spec, std::uint64_t before, std::uint64_t rows) {
  if (is_too_large(spec, rows) || body.size() > longest_body(spec, before, rows)) {
    throw Error(
      fmt::format("table {} with {} rows and {} bytes is too large for a store", spec.name, rows, body.size()));
  }
  return compress(body);
}

// Columns by which the rows of a keyframe are ordered: attributes first, so that rows with the same owner or interface
// stand together; then the last incarnation, because a kernel counter (the inode) runs beside other counters (cookies);
// then keys and the rest. docs/decisions/0010 has what other orders cost.
std::vector<std::size_t> order_of_columns(const TableSpec& spec) {
  std::vector<std::size_t> order;
  const auto add = [&](auto&& belongs) {
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      if (belongs(spec.columns[i].role)) {
        order.push_back(i);
      }
    }
  };
  add([](Role role) { return role == Role::attribute; });
  const auto is_incarnation = [](const ColumnSpec& column) { return column.role == Role::incarnation; };
  const auto last = std::find_if(spec.columns.rbegin(), spec.columns.rend(), is_incarnation);
  if (last != spec.columns.rend()) {
    order.push_back(static_cast<std::size_t>(spec.columns.rend() - last) - 1);
  }
  add([](Role role) { return role == Role::key; });
  add([](Role role) { return role != Role::attribute && role != Role::key; });
  return order;
}

// One column of a keyframe: the entries in use, sorted, and the cells as ids into them.
struct PackedColumn {
  std::vector<std::string_view> entries;
  CellList cells;
};

PackedColumn pack_column(const Column& column) {
  PackedColumn packed{{}, cells_of(column)};
  if (!is_interned(column.kind())) {
    return packed;
  }
  const Dictionary& dictionary = column.dictionary();
  std::vector<char> used(dictionary.size(), 0);
  auto null = packed.cells.nulls.begin();
  for (std::size_t row = 0; row < packed.cells.raw.size(); ++row) {
    if (null != packed.cells.nulls.end() && *null == row) {
      ++null;
    } else {
      used[packed.cells.raw[row]] = 1;
    }
  }
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < used.size(); ++id) {
    if (used[id] != 0) {
      ids.push_back(id);
    }
  }
  const bool by_length = column.kind() == Kind::address; // IPv4 before IPv6
  std::ranges::sort(ids, [&](std::uint32_t x, std::uint32_t y) {
    const std::string_view a = dictionary.at(x);
    const std::string_view b = dictionary.at(y);
    return by_length && a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  std::vector<std::uint64_t> rank(dictionary.size(), 0);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    rank[ids[i]] = i;
    packed.entries.push_back(dictionary.at(ids[i]));
  }
  if (!rank.empty()) {
    std::ranges::transform(packed.cells.raw, packed.cells.raw.begin(), [&](std::uint64_t id) { return rank[id]; });
  }
  for (const std::uint32_t row : packed.cells.nulls) {
    packed.cells.raw[row] = 0;
  }
  return packed;
}

std::vector<std::uint32_t> order_rows(const TableSpec& spec, const std::vector<PackedColumn>& columns,
                                      std::size_t rows) {
  std::vector<const std::vector<std::uint64_t>*> order;
  for (const std::size_t column : order_of_columns(spec)) {
    const auto& raw = columns[column].cells.raw;
    if (std::ranges::adjacent_find(raw, std::ranges::not_equal_to()) != raw.end()) {
      order.push_back(&raw);
    }
  }
  std::vector<std::uint32_t> sorted(rows);
  std::iota(sorted.begin(), sorted.end(), 0U);
  std::ranges::sort(sorted, [&](std::uint32_t x, std::uint32_t y) {
    for (const auto* raw : order) {
      if ((*raw)[x] != (*raw)[y]) {
        return (*raw)[x] < (*raw)[y];
      }
    }
    return false;
  });
  return sorted;
}

CellList in_order(const CellList& cells, const std::vector<std::uint32_t>& rows) {
  CellList sorted;
  sorted.raw.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    sorted.raw.push_back(cells.raw[row]);
  }
  if (!cells.nulls.empty()) {
    std::vector<bool> is_null(rows.size(), false);
    for (const std::uint32_t row : cells.nulls) {
      is_null[row] = true;
    }
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      if (is_null[rows[i]]) {
        sorted.nulls.push_back(i);
      }
    }
  }
  return sorted;
}

void read_keyframe(ByteReader& in, std::uint64_t rows, Table& table) {
  if (in.varint() != rows) {
    refuse_block("it holds another number of rows than its record says");
  }
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    Column& column = table.column(i);
    if (is_interned(column.kind())) {
      read_entries(in, column.kind(), rows, column.dictionary());
    }
    read_column(in, rows, column);
  }
  table.set_size(rows);
}

} // namespace

std::string encode_keyframe(const Table& table) {
  const TableSpec& spec = table.spec();
  std::vector<PackedColumn> columns;
  columns.reserve(spec.columns.size());
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    columns.push_back(pack_column(table.column(i)));
  }
  const auto rows = order_rows(spec, columns, table.size());
  std::string body(1, keyframe_tag);
  append_varint(body, table.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (is_interned(spec.columns[i].kind)) {
      append_entries(body, spec.columns[i].kind, columns[i].entries);
    }
    append_cells(body, spec.columns[i].kind, in_order(columns[i].cells, rows));
  }
  return checked_payload(body, spec, 0, table.size());
}

std::string encode_changes(const ChangeSet& changes, const Table& base) {
  assert(changes.rows_before == base.size());
  std::string body(1, changes_tag);
  append_changes(body, changes, base);
  return checked_payload(body, base.spec(), base.size(), base.size() - changes.removed.size() + changes.added.size());
}

std::uint64_t decoding_bytes(const TableSpec& spec, std::uint64_t rows) {
  // The cells of one column as 64-bit numbers, the slots of its nulls and the gaps between them.
  constexpr std::uint64_t column_bytes = 24;
  return rows * (row_bytes(spec) + column_bytes);
}

std::uint64_t BlockDecoder::apply(std::string_view payload, std::uint64_t rows, Table& table,
                                  const LoadBudget& budget) {
  touched_.clear();
  const TableSpec& spec = table.spec();
  if (is_too_large(spec, rows)) {
    refuse_block(fmt::format("{} rows are too many", rows));
  }
  budget.require(decoding_bytes(spec, std::max<std::uint64_t>(rows, table.size())) + content_size(payload));
  const std::string_view body =
    decompressor_.decompress(payload, std::min(most_content(payload), longest_body(spec, table.size(), rows)));
  ByteReader in(body);
  std::uint64_t work = body.size();
  const char tag = static_cast<char>(in.byte());
  if (tag == keyframe_tag && table.empty()) {
    table = Table(spec); // Entries of a base that ended empty are no entries of a keyframe.
    read_keyframe(in, rows, table);
    work += rows * row_bytes(spec);
  } else if (tag == changes_tag) {
    AppliedChanges applied = apply_changes(in, rows, table);
    work += applied.work;
    touched_ = std::move(applied.touched);
  } else {
    refuse_block("unknown kind of block");
  }
  if (!in.at_end()) {
    refuse_block("bytes are left over");
  }
  return work;
}

} // namespace hindstat
