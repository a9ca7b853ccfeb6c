// SPDX-License-Identifier: MIT
#include "diff/rows.h"

#include <fmt/format.h>

#include "diff/row_events.h"

namespace hindstat {

namespace {

class RowDiffer {
public:
  RowDiffer(const ComparedTable& table, bool same_boot, bool owners_comparable)
    : sides_(table), before_(table.before.table()), after_(table.after.table()), columns_(before_.spec().columns),
      rows_(table), same_boot_(same_boot), owners_comparable_(owners_comparable) {
  }

  std::vector<Event> run() {
    RowMatch match = match_rows(sides_, same_boot_);
    for (const RowPair& other : match.replaced) {
      match.removed.push_back(other.before);
      match.added.push_back(other.after);
    }
    for (const std::uint32_t row : match.removed) {
      events_.push_back(rows_.removed("row.removed", row));
    }
    for (const std::uint32_t row : match.added) {
      events_.push_back(rows_.added("row.added", row));
    }
    for (const RowPair& pair : match.changed) {
      compare_rows(pair);
    }
    return std::move(events_);
  }

private:
  void compare_rows(RowPair pair) {
    Event event = rows_.changed("row.changed", pair);
    std::string deltas;
    bool more_than_counted = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& a = before_.column(i);
      const Column& b = after_.column(i);
      if (!is_compared(i, pair) || !rows_.add_change(event, i, pair)) {
        continue;
      }
      if (columns_[i].role != Role::counter) {
        more_than_counted = true;
      } else if (!a.is_null(pair.before) && !b.is_null(pair.after)) {
        const std::uint64_t from = a.raw(pair.before);
        const std::uint64_t to = b.raw(pair.after);
        if (to > from) {
          deltas += fmt::format("{}{} +{}", deltas.empty() ? "" : ", ", columns_[i].name, to - from);
        } else {
          more_than_counted = true;
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
  [[nodiscard]] bool is_compared(std::size_t column, RowPair pair) const {
    const Column& a = before_.column(column);
    const Column& b = after_.column(column);
    switch (columns_[column].role) {
      case Role::state:
      case Role::attribute:
        return owners_comparable_ || columns_[column].name != "pid";
      case Role::counter:
        return same_boot_;
      case Role::gauge:
        return a.is_null(pair.before) || b.is_null(pair.after) || is_interned(a.kind())
               || gauge_moved(a, pair.before, b, pair.after);
      default:
        return false;
    }
  }

  const ComparedTable& sides_;
  const Table& before_;
  const Table& after_;
  std::span<const ColumnSpec> columns_;
  RowEvents rows_;
  bool same_boot_;
  bool owners_comparable_;
  std::vector<Event> events_;
};

} // namespace

std::vector<Event> diff_rows(const ComparedTable& table, bool same_boot, bool owners_comparable) {
  return RowDiffer(table, same_boot, owners_comparable).run();
}

} // namespace hindstat
