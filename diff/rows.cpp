// SPDX-License-Identifier: MIT
#include "diff/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tables/change_set.h"
#include "tables/format.h"

namespace hindstat {

namespace {

constexpr std::uint64_t gauge_noise = 8;

// Unsigned distance that cannot overflow, whatever the two cells are.
std::uint64_t distance(const Column& a, std::size_t row_a, const Column& b, std::size_t row_b) {
  if (is_signed(a.kind())) {
    const auto x = static_cast<std::uint64_t>(a.signed_value(row_a));
    const auto y = static_cast<std::uint64_t>(b.signed_value(row_b));
    return a.signed_value(row_a) > b.signed_value(row_b) ? x - y : y - x;
  }
  const std::uint64_t x = a.raw(row_a);
  const std::uint64_t y = b.raw(row_b);
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

class RowDiffer {
public:
  RowDiffer(const ComparedTable& table, bool same_boot)
    : sides_(table), before_(table.before.table()), after_(table.after.table()), columns_(before_.spec().columns),
      same_boot_(same_boot) {
  }

  std::vector<Event> run() {
    const Pairing pairing = pair_rows(before_, after_);
    for (std::uint32_t row = 0; row < before_.size(); ++row) {
      const std::uint32_t partner = pairing.after_of[row];
      if (partner == Pairing::none) {
        add_removed(row);
      } else if (pairing.by[row] == PairedBy::key && same_boot_ && is_other_object(row, partner)) {
        add_removed(row);
        add_added(partner);
      } else if (pairing.by[row] != PairedBy::equal) {
        compare_rows(row, partner);
      }
    }
    for (std::uint32_t row = 0; row < after_.size(); ++row) {
      if (pairing.before_of[row] == Pairing::none) {
        add_added(row);
      }
    }
    return std::move(events_);
  }

private:
  // The first incarnation that both rows know decides.
  [[nodiscard]] bool is_other_object(std::uint32_t before, std::uint32_t after) const {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool decides = columns_[i].role == Role::incarnation && is_known(before_.column(i), before)
                           && is_known(after_.column(i), after);
      if (decides) {
        return !Table::cells_equal(before_.column(i), before, after_.column(i), after);
      }
    }
    return false;
  }

  [[nodiscard]] std::optional<std::string> cell(const Table& table, std::size_t column, std::uint32_t row) const {
    return table.column(column).is_null(row) ? std::nullopt
                                             : std::optional(format_cell(columns_[column], table.column(column), row));
  }

  // "802" where the key is one column, "inode 5 pid 6" where it is several; the namespace is a member of its own.
  [[nodiscard]] std::string format_key(const Table& table, std::uint32_t row) const {
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
      text += fmt::format("{}{} {}", text.empty() ? "" : " ", columns_[i].name, cell(table, i, row).value_or("-"));
    }
    return text;
  }

  [[nodiscard]] std::string find_netns(const Table& table, std::uint32_t row) const {
    const auto netns = before_.spec().find_column("netns");
    return netns && columns_[*netns].kind == Kind::text ? std::string(table.column(*netns).bytes(row)) : "";
  }

  [[nodiscard]] Event make(std::string_view name, const Table& table, std::uint32_t row) const {
    Event event;
    event.spec = &event_spec(name);
    event.table = before_.spec().name;
    event.netns = find_netns(table, row);
    event.key = format_key(table, row);
    event.confidence = Confidence::proven;
    return event;
  }

  void add_removed(std::uint32_t row) {
    Event event = make("row.removed", before_, row);
    event.before_row = sides_.before.origin(row);
    add_values(event, before_, row);
    events_.push_back(std::move(event));
  }
  void add_added(std::uint32_t row) {
    Event event = make("row.added", after_, row);
    event.after_row = sides_.after.origin(row);
    add_values(event, after_, row);
    events_.push_back(std::move(event));
  }

  // What the row said: each state and attribute as a change from, or to, nothing.
  void add_values(Event& event, const Table& table, std::uint32_t row) const {
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

  void compare_rows(std::uint32_t before, std::uint32_t after) {
    Event event = make("row.changed", after_, after);
    event.before_row = sides_.before.origin(before);
    event.after_row = sides_.after.origin(after);
    std::string deltas;
    bool more_than_counted = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& a = before_.column(i);
      const Column& b = after_.column(i);
      const bool unknown = sides_.sources_differ && (a.is_null(before) || b.is_null(after));
      if (unknown || Table::cells_equal(a, before, b, after) || !is_compared(i, before, after)) {
        continue;
      }
      event.changed.push_back({std::string(columns_[i].name), cell(before_, i, before), cell(after_, i, after)});
      if (columns_[i].role != Role::counter) {
        more_than_counted = true;
      } else if (!a.is_null(before) && !b.is_null(after)) {
        const bool grew = b.raw(after) > a.raw(before);
        deltas +=
          grew ? fmt::format("{}{} +{}", deltas.empty() ? "" : ", ", columns_[i].name, distance(a, before, b, after))
               : "";
        more_than_counted = more_than_counted || !grew;
        if (!grew) {
          event.why.push_back(fmt::format("{} started again", columns_[i].name));
        }
      }
    }
    if (event.changed.empty()) {
      return;
    }
    if (!deltas.empty()) {
      event.fields.push_back({"deltas", std::move(deltas)});
    }
    if (!more_than_counted) {
      event.spec = &event_spec("row.counted");
    }
    events_.push_back(std::move(event));
  }

  // Whether a difference of this column is one.
  [[nodiscard]] bool is_compared(std::size_t column, std::uint32_t before, std::uint32_t after) const {
    const Column& a = before_.column(column);
    const Column& b = after_.column(column);
    switch (columns_[column].role) {
      case Role::state:
      case Role::attribute:
        return true;
      case Role::counter:
        return same_boot_;
      case Role::gauge: {
        if (a.is_null(before) || b.is_null(after) || is_interned(a.kind())) {
          return true;
        }
        const std::uint64_t moved = distance(a, before, b, after);
        return moved > gauge_noise && moved > magnitude(a, before) / 2;
      }
      default:
        return false;
    }
  }

  const ComparedTable& sides_;
  const Table& before_;
  const Table& after_;
  std::span<const ColumnSpec> columns_;
  bool same_boot_;
  std::vector<Event> events_;
};

} // namespace

std::vector<Event> diff_rows(const ComparedTable& table, bool same_boot) {
  return RowDiffer(table, same_boot).run();
}

} // namespace hindstat
