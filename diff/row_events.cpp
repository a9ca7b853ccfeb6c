// SPDX-License-Identifier: MIT
#include "diff/row_events.h"

#include <fmt/format.h>

#include "tables/change_set.h"
#include "tables/format.h"

namespace hindstat {

namespace {

constexpr std::uint64_t gauge_noise = 8;

// Unsigned distance that cannot overflow, whatever the two cells are.
std::uint64_t distance(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) {
  const std::uint64_t x = a.raw(row_a);
  const std::uint64_t y = b.raw(row_b);
  if (is_signed(a.kind())) {
    const auto wide_x = static_cast<std::uint64_t>(a.signed_value(row_a));
    const auto wide_y = static_cast<std::uint64_t>(b.signed_value(row_b));
    return a.signed_value(row_a) > b.signed_value(row_b) ? wide_x - wide_y : wide_y - wide_x;
  }
  return x > y ? x - y : y - x;
}

std::uint64_t magnitude(const Column& column, std::size_t row) {
  if (!is_signed(column.kind()) || column.signed_value(row) >= 0) {
    return column.raw(row);
  }
  return 0 - static_cast<std::uint64_t>(column.signed_value(row));
}

bool is_known(const Column& column, std::size_t row) {
  return !column.is_null(row) && (is_interned(column.kind()) ? !column.bytes(row).empty() : column.raw(row) != 0);
}

// The first incarnation that both rows know decides.
bool is_other_object(const Table& before, std::uint32_t row_before, const Table& after, std::uint32_t row_after) {
  for (std::size_t i = 0; i < before.spec().columns.size(); ++i) {
    const Column& a = before.column(i);
    const Column& b = after.column(i);
    if (before.spec().columns[i].role == Role::incarnation && is_known(a, row_before) && is_known(b, row_after)) {
      return !Table::cells_equal(a, row_before, b, row_after);
    }
  }
  return false;
}

} // namespace

RowMatch match_rows(const ComparedTable& table, bool same_boot) {
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  const Pairing pairing = pair_rows(before, after);
  RowMatch match;
  for (std::uint32_t row = 0; row < before.size(); ++row) {
    const std::uint32_t partner = pairing.after_of[row];
    if (partner == Pairing::none) {
      match.removed.push_back(row);
    } else if (pairing.by[row] == PairedBy::key && same_boot && is_other_object(before, row, after, partner)) {
      match.replaced.push_back({row, partner});
    } else if (pairing.by[row] != PairedBy::equal) {
      match.changed.push_back({row, partner});
    }
  }
  for (std::uint32_t row = 0; row < after.size(); ++row) {
    if (pairing.before_of[row] == Pairing::none) {
      match.added.push_back(row);
    }
  }
  return match;
}

bool gauge_moved(const Column& before, std::size_t row_before, const Column& after, std::size_t row_after) {
  if (before.is_null(row_before) || after.is_null(row_after)) {
    return false;
  }
  const std::uint64_t moved = distance(before, row_before, after, row_after);
  return moved > gauge_noise && moved > magnitude(before, row_before) / 2;
}

Event RowEvents::added(std::string_view name, std::uint32_t row) const {
  Event event = make(name, after_, row);
  event.after_row = sides_.after.origin(row);
  add_values(event, after_, row);
  return event;
}

Event RowEvents::removed(std::string_view name, std::uint32_t row) const {
  Event event = make(name, before_, row);
  event.before_row = sides_.before.origin(row);
  add_values(event, before_, row);
  return event;
}

Event RowEvents::changed(std::string_view name, RowPair rows) const {
  Event event = make(name, after_, rows.after);
  event.before_row = sides_.before.origin(rows.before);
  event.after_row = sides_.after.origin(rows.after);
  return event;
}

bool RowEvents::differs(std::size_t column, RowPair rows) const {
  const Column& a = before_.column(column);
  const Column& b = after_.column(column);
  const bool unknown = sides_.sources_differ && (a.is_null(rows.before) || b.is_null(rows.after));
  return !unknown && !Table::cells_equal(a, rows.before, b, rows.after);
}

bool RowEvents::add_change(Event& event, std::size_t column, RowPair rows) const {
  if (!differs(column, rows)) {
    return false;
  }
  event.changed.push_back(
    {std::string(columns_[column].name), cell(before_, column, rows.before), cell(after_, column, rows.after)});
  return true;
}

Event RowEvents::make(std::string_view name, const Table& table, std::uint32_t row) const {
  Event event;
  event.spec = &event_spec(name);
  event.table = before_.spec().name;
  const auto netns = before_.spec().find_column("netns");
  if (netns && columns_[*netns].kind == Kind::text) {
    event.netns = table.column(*netns).bytes(row);
  }
  event.key = format_key(table, row);
  event.confidence = Confidence::proven;
  return event;
}

void RowEvents::add_values(Event& event, const Table& table, std::uint32_t row) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool shown = columns_[i].role == Role::state || columns_[i].role == Role::attribute;
    const auto value = cell(table, i, row);
    if (!shown || !value) {
      continue;
    }
    EventChange change{std::string(columns_[i].name), std::nullopt, std::nullopt};
    (event.before_row >= 0 ? change.from : change.to) = value;
    event.changed.push_back(std::move(change));
  }
}

std::optional<std::string> RowEvents::cell(const Table& table, std::size_t column, std::uint32_t row) const {
  return table.column(column).is_null(row) ? std::nullopt
                                           : std::optional(format_cell(columns_[column], table.column(column), row));
}

// "802" where the key is one column, "inode 5 pid 6" where it is several; the namespace is a member of its own, and
// what a row does not have is no part of its name.
std::string RowEvents::format_key(const Table& table, std::uint32_t row) const {
  std::vector<std::size_t> keys;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].role == Role::key && columns_[i].name != "netns") {
      keys.push_back(i);
    }
  }
  if (keys.size() == 1) {
    return cell(table, keys.front(), row).value_or("-");
  }
  std::string text;
  for (const std::size_t i : keys) {
    if (const auto value = cell(table, i, row)) {
      text += fmt::format("{}{} {}", text.empty() ? "" : " ", columns_[i].name, *value);
    }
  }
  return text.empty() ? "-" : text;
}

} // namespace hindstat
