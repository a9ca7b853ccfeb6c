// SPDX-License-Identifier: MIT
#include "tables/change_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr std::uint32_t none = Pairing::none;

// For each dictionary id of `after`, the id of the same bytes in `before`, or none.
std::vector<std::uint32_t> translate_ids(const Column& before, const Column& after) {
  std::vector<std::uint32_t> ids(after.dictionary().size(), none);
  for (std::uint32_t id = 0; id < ids.size(); ++id) {
    ids[id] = before.dictionary().find(after.dictionary().at(id)).value_or(none);
  }
  return ids;
}

// The rows of `before` whose cell differs from that of the row they are paired with. Columns are compared as vectors:
// one dispatch a column, not one a cell.
std::vector<std::uint32_t> changed_slots(const Column& before, const Column& after, const Pairing& pairing) {
  std::vector<std::uint32_t> slots;
  const auto collect = [&](const auto& differs) {
    const bool nulls = before.null_count() > 0 || after.null_count() > 0;
    for (std::uint32_t row = 0; row < pairing.after_of.size(); ++row) {
      const std::uint32_t partner = pairing.after_of[row];
      if (partner == none) {
        continue;
      }
      if (nulls && (before.is_null(row) || after.is_null(partner))) {
        if (before.is_null(row) != after.is_null(partner)) {
          slots.push_back(row);
        }
      } else if (differs(row, partner)) {
        slots.push_back(row);
      }
    }
  };
  if (is_interned(before.kind())) {
    const auto ids = translate_ids(before, after);
    const auto& a = std::get<std::vector<std::uint32_t>>(before.cells());
    const auto& b = std::get<std::vector<std::uint32_t>>(after.cells());
    collect([&](std::uint32_t row, std::uint32_t partner) { return a[row] != ids[b[partner]]; });
  } else {
    std::visit(
      [&]<typename Cells>(const Cells& a) {
        const auto& b = std::get<Cells>(after.cells());
        collect([&](std::uint32_t row, std::uint32_t partner) { return a[row] != b[partner]; });
      },
      before.cells());
  }
  return slots;
}

void require_fit(bool fits, const Table& table, std::string_view what) {
  if (!fits) {
    throw Error(
      fmt::format("a change set does not fit table {} of {} rows: {}", table.spec().name, table.size(), what));
  }
}

bool ascending_below(const std::vector<std::uint32_t>& slots, std::size_t limit) {
  return std::ranges::adjacent_find(slots, std::ranges::greater_equal()) == slots.end()
         && (slots.empty() || slots.back() < limit);
}

} // namespace

ChangeSet compare(const Table& before, const Table& after) {
  return compare(before, after, pair_rows(before, after));
}

ChangeSet compare(const Table& before, const Table& after, const Pairing& pairing) {
  assert(before.spec().columns.size() == after.spec().columns.size());
  std::vector<std::uint32_t> removed;
  for (std::uint32_t row = 0; row < before.size(); ++row) {
    if (pairing.after_of[row] == none) {
      removed.push_back(row);
    }
  }
  std::vector<std::uint32_t> added;
  for (std::uint32_t row = 0; row < after.size(); ++row) {
    if (pairing.before_of[row] == none) {
      added.push_back(row);
    }
  }
  std::ranges::sort(added, [&](auto x, auto y) { return Table::compare_rows(after, x, after, y) < 0; });

  ChangeSet changes{before.size(), std::move(removed), after.select(added), {}};
  for (std::size_t i = 0; i < before.spec().columns.size(); ++i) {
    auto slots = changed_slots(before.column(i), after.column(i), pairing);
    if (slots.empty()) {
      continue;
    }
    Column values(before.column(i).kind());
    values.reserve(slots.size());
    for (const std::uint32_t slot : slots) {
      values.append_from(after.column(i), pairing.after_of[slot]);
    }
    changes.changed.push_back(CellChanges{i, std::move(slots), std::move(values)});
  }
  return changes;
}

Table apply(const ChangeSet& changes, const Table& before) {
  Table after = before;
  apply_in_place(changes, after);
  return after;
}

void apply_in_place(const ChangeSet& changes, Table& table) {
  require_fit(changes.rows_before == table.size(), table, "made for another number of rows");
  require_fit(ascending_below(changes.removed, table.size()), table, "removed rows are not ascending");
  for (const CellChanges& cells : changes.changed) {
    require_fit(cells.column < table.spec().columns.size(), table, "no such column");
    require_fit(ascending_below(cells.slots, table.size()), table, "changed rows are not ascending");
    require_fit(cells.slots.size() == cells.values.size(), table, "rows and values differ in number");
    Column& column = table.column(cells.column);
    for (std::size_t i = 0; i < cells.slots.size(); ++i) {
      column.set_from(cells.slots[i], cells.values, i);
    }
  }
  const std::size_t refilled = std::min(changes.removed.size(), changes.added.size());
  for (std::size_t i = 0; i < refilled; ++i) {
    table.set_row(changes.removed[i], changes.added, i);
  }
  for (std::size_t i = refilled; i < changes.added.size(); ++i) {
    table.append_row(changes.added, i);
  }
  std::size_t tail = table.size();
  std::size_t hole = refilled;
  std::size_t last_hole = changes.removed.size();
  while (hole < last_hole) {
    --tail;
    if (changes.removed[last_hole - 1] == tail) {
      --last_hole;
    } else {
      const Table& self = table;
      table.set_row(changes.removed[hole++], self, tail);
    }
  }
  if (tail < table.size()) {
    table.truncate(tail);
  }
}

Pairing settle_timers(const Table& before, Table& after, std::uint64_t tolerance_ms) {
  Pairing pairing = pair_rows(before, after);
  for (std::size_t i = 0; i < before.spec().columns.size(); ++i) {
    if (before.spec().columns[i].role != Role::timer) {
      continue;
    }
    const Column& old_values = before.column(i);
    Column& new_values = after.column(i);
    for (std::uint32_t row = 0; row < before.size(); ++row) {
      const std::uint32_t partner = pairing.after_of[row];
      if (partner == none || old_values.is_null(row) || new_values.is_null(partner)) {
        continue;
      }
      const std::uint64_t was = old_values.raw(row);
      const std::uint64_t is = new_values.raw(partner);
      if (was != is && std::max(was, is) - std::min(was, is) <= tolerance_ms) {
        new_values.set_raw(partner, was);
      }
    }
  }
  return pairing;
}

} // namespace hindstat
