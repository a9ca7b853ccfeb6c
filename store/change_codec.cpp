// SPDX-License-Identifier: MIT
#include "store/change_codec.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "store/column_codec.h"

namespace hindstat {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

// Gives the cells of a section ids in the base's dictionary: those it has, or the next ones for new entries.
class EntryIds {
public:
  EntryIds(const Dictionary& base, Kind kind) : base_(base), kind_(kind) {
  }

  // Notes the entries that `values` needs, in the order of first use.
  void need(const Column& values) {
    const CellList cells = cells_of(values);
    auto null = cells.nulls.begin();
    std::vector<char> seen(values.dictionary().size(), 0);
    for (std::size_t row = 0; row < cells.raw.size(); ++row) {
      if (null != cells.nulls.end() && *null == row) {
        ++null;
      } else if (char& mark = seen[cells.raw[row]]; mark == 0) {
        mark = 1;
        const std::string_view entry = values.dictionary().at(static_cast<std::uint32_t>(cells.raw[row]));
        if (!base_.find(entry) && ids_.emplace(entry, none).second) {
          entries_.push_back(entry);
        }
      }
    }
  }

  // To be called once, after all need(): the new entries in the order of their ids.
  const std::vector<std::string_view>& number_entries() {
    if (kind_ == Kind::address) {
      std::stable_partition(entries_.begin(), entries_.end(), [](std::string_view entry) { return entry.size() == 4; });
    }
    std::uint32_t next = static_cast<std::uint32_t>(base_.size());
    for (const std::string_view entry : entries_) {
      ids_[entry] = next++;
    }
    return entries_;
  }

  [[nodiscard]] CellList cells(const Column& values) const {
    CellList cells = cells_of(values);
    std::vector<std::uint32_t> translated(values.dictionary().size(), none);
    auto null = cells.nulls.begin();
    for (std::size_t row = 0; row < cells.raw.size(); ++row) {
      if (null != cells.nulls.end() && *null == row) {
        ++null;
        continue;
      }
      const auto local = static_cast<std::uint32_t>(cells.raw[row]);
      if (translated[local] == none) {
        const std::string_view entry = values.dictionary().at(local);
        const auto known = base_.find(entry);
        translated[local] = known ? *known : ids_.at(entry);
      }
      cells.raw[row] = translated[local];
    }
    return cells;
  }

private:
  const Dictionary& base_;
  Kind kind_;
  std::vector<std::string_view> entries_;
  std::unordered_map<std::string_view, std::uint32_t> ids_;
};

void append_section(std::string& out, const ColumnSpec& spec, const Column& base, const CellChanges* changed,
                    const Column& added) {
  const std::vector<std::uint32_t> no_slots;
  const auto& slots = changed != nullptr ? changed->slots : no_slots;
  if (is_interned(spec.kind)) {
    EntryIds ids(base.dictionary(), spec.kind);
    if (changed != nullptr) {
      ids.need(changed->values);
    }
    ids.need(added);
    append_entries(out, spec.kind, ids.number_entries());
    append_slots(out, slots);
    if (changed != nullptr) {
      append_cells(out, spec.kind, ids.cells(changed->values));
    }
    append_cells(out, spec.kind, ids.cells(added));
    return;
  }
  append_slots(out, slots);
  if (changed != nullptr) {
    CellList cells = cells_of(changed->values);
    if (changes_by_difference(spec)) {
      for (std::size_t i = 0; i < slots.size(); ++i) {
        cells.raw[i] = zigzag(cells.raw[i] - base.raw(slots[i]));
      }
    }
    append_cells(out, changes_by_difference(spec) ? Kind::u64 : spec.kind, cells);
  }
  append_cells(out, spec.kind, cells_of(added));
}

// Where the rows of a change set go.
struct Moves {
  std::vector<std::uint32_t> removed;
  std::size_t added = 0;
  std::vector<std::uint32_t> from; ///< from[i] goes to removed[added + i].
  std::size_t rows_after = 0;
};

Moves plan_moves(std::vector<std::uint32_t> removed, std::size_t added, std::size_t before) {
  Moves moves{std::move(removed), added, {}, before + added};
  moves.rows_after -= moves.removed.size();
  std::size_t tail = before;
  std::size_t last_hole = moves.removed.size();
  for (std::size_t hole = added; hole < last_hole;) {
    --tail;
    if (moves.removed[last_hole - 1] == tail) {
      --last_hole;
    } else {
      moves.from.push_back(static_cast<std::uint32_t>(tail));
      ++hole;
    }
  }
  return moves;
}

// Returns which.
std::vector<std::uint32_t> change_cells(ByteReader& in, const ColumnSpec& spec, std::size_t before, Column& column) {
  auto slots = read_slots(in, before);
  if (!changes_by_difference(spec)) {
    const CellList cells = read_cells(in, spec.kind, slots.size());
    require_ids(column, cells);
    column.set_cells(slots, cells.raw, cells.nulls);
    return slots;
  }
  CellList cells = read_cells(in, Kind::u64, slots.size());
  std::visit(
    [&](const auto& old) {
      for (std::size_t i = 0; i < slots.size(); ++i) {
        cells.raw[i] = old[slots[i]] + unzigzag(cells.raw[i]);
      }
    },
    column.cells());
  for (const std::uint32_t null : cells.nulls) {
    cells.raw[null] = 0;
  }
  std::uint64_t bits = 0;
  for (const std::uint64_t raw : cells.raw) {
    bits |= raw;
  }
  if (bits > largest_raw(spec.kind)) {
    refuse_block("a difference leads out of its column");
  }
  column.set_cells(slots, cells.raw, cells.nulls);
  return slots;
}

void add_same_cells(const SameCells& cells, const Moves& moves, Column& column) {
  const std::size_t refilled = std::min(moves.removed.size(), moves.added);
  column.set_same(std::span(moves.removed).first(refilled), cells.raw);
  for (std::size_t i = refilled; i < moves.added; ++i) {
    if (cells.raw) {
      column.append_raw(*cells.raw);
    } else {
      column.append_null();
    }
  }
}

void add_cells(const CellList& cells, const Moves& moves, Column& column) {
  const std::size_t refilled = std::min(moves.removed.size(), cells.raw.size());
  column.set_cells(std::span(moves.removed).first(refilled), cells.raw, cells.nulls);
  auto null = std::ranges::lower_bound(cells.nulls, refilled);
  for (std::size_t i = refilled; i < cells.raw.size(); ++i) {
    if (null != cells.nulls.end() && *null == i) {
      ++null;
      column.append_null();
    } else {
      column.append_raw(cells.raw[i]);
    }
  }
}

void close_holes(const Moves& moves, Column& column) {
  for (std::size_t i = 0; i < moves.from.size(); ++i) {
    const std::uint32_t hole = moves.removed[moves.added + i];
    column.set_null(hole, column.is_null(moves.from[i]));
    column.set_raw(hole, column.raw(moves.from[i]));
  }
  if (moves.rows_after < column.size()) {
    column.truncate(moves.rows_after);
  }
}

// The columns that have a section.
std::vector<std::size_t> read_columns(ByteReader& in, std::size_t count, bool all) {
  std::vector<std::size_t> columns(all ? count : in.count(count, "the number of columns"));
  if (all) {
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    return columns;
  }
  std::size_t next = 0;
  for (std::size_t& column : columns) {
    column = in.count(count - 1, "a column");
    if (column < next) {
      refuse_block("columns are not ascending");
    }
    next = column + 1;
  }
  return columns;
}

} // namespace

void append_changes(std::string& out, const ChangeSet& changes, const Table& base) {
  append_varint(out, changes.rows_before);
  append_slots(out, changes.removed);
  append_varint(out, changes.added.size());
  if (changes.added.empty()) {
    append_varint(out, changes.changed.size());
    for (const CellChanges& changed : changes.changed) {
      append_varint(out, changed.column);
    }
  }
  auto changed = changes.changed.begin();
  for (std::size_t i = 0; i < base.spec().columns.size(); ++i) {
    const bool has_changes = changed != changes.changed.end() && changed->column == i;
    if (has_changes || !changes.added.empty()) {
      append_section(out, base.spec().columns[i], base.column(i), has_changes ? &*changed : nullptr,
                     changes.added.column(i));
    }
    changed += has_changes ? 1 : 0;
  }
}

AppliedChanges apply_changes(ByteReader& in, std::uint64_t rows, Table& table) {
  const std::size_t before = table.size();
  if (in.varint() != before) {
    refuse_block("it was made for another number of rows");
  }
  auto removed = read_slots(in, before);
  const std::size_t added = in.count(rows, "the number of added rows");
  if (before - removed.size() + added != rows) {
    refuse_block("it holds another number of rows than its record says");
  }
  const Moves moves = plan_moves(std::move(removed), added, before);
  const auto& specs = table.spec().columns;
  AppliedChanges applied{0, moves.removed};
  applied.touched.insert(applied.touched.end(), moves.from.begin(), moves.from.end());
  for (std::uint64_t slot = before; slot < rows; ++slot) {
    applied.touched.push_back(static_cast<std::uint32_t>(slot));
  }
  for (const std::size_t i : read_columns(in, specs.size(), added > 0)) {
    Column& column = table.column(i);
    if (is_interned(specs[i].kind)) {
      read_entries(in, specs[i].kind, before + added, column.dictionary());
    }
    const auto slots = change_cells(in, specs[i], before, column);
    applied.touched.insert(applied.touched.end(), slots.begin(), slots.end());
    applied.work += width_of(specs[i].kind) * (slots.size() + added);
    if (const auto same = read_same(in, added, column)) {
      add_same_cells(*same, moves, column);
    } else {
      const CellList cells = read_cells(in, specs[i].kind, added);
      require_ids(column, cells);
      add_cells(cells, moves, column);
    }
  }
  if (moves.rows_after < before) {
    for (std::size_t i = 0; i < specs.size(); ++i) {
      close_holes(moves, table.column(i));
    }
  }
  table.set_size(rows);
  return applied;
}

} // namespace hindstat
