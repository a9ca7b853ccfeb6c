// SPDX-License-Identifier: MIT
// Tables whose rows are numbers with names.
#include "diff/table_counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "diff/counted_events.h"
#include "diff/interface_rows.h"
#include "diff/row_events.h"
#include "tables/conntrack_stat.h"
#include "tables/interface_counter6.h"
#include "tables/table_stat.h"

namespace hindstat {

namespace {

constexpr std::array<std::string_view, 5> conntrack_errors{"insert_failed", "drop", "early_drop", "chain_toolong",
                                                           "error"};
// Other counters of these tables are of the whole machine and grow with what any namespace does.
constexpr std::array<std::string_view, 2> full_tables{"table_fulls", "gc_dst_overflow"};

// Of a sum over CPUs each of which wraps at 2^32: one that fell by less than that may have wrapped once.
CounterDelta count_sums(std::uint64_t before, std::uint64_t after, const CountedTime& time) {
  const CounterDelta delta = count_between(before, after, time, false);
  if (delta.kind != DeltaKind::reset) {
    return delta;
  }
  const std::uint64_t fall = before > after ? before - after : after - before;
  const CounterDelta wrapped = time.reversed ? count_between(0, fall, time, true) : count_between(fall, 0, time, true);
  return wrapped.kind == DeltaKind::wrapped ? wrapped : delta;
}

// A row of a table of named counters.
struct NamedNumber {
  std::string key;
  std::optional<std::uint64_t> count;
  bool is_error = false;
};

template <typename Name>
class NumberDiffer {
public:
  NumberDiffer(const ComparedTable& table, const RuleContext& context, std::size_t count_column, Name name)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table),
      events_(context, before_.spec().name), count_column_(count_column), name_(name) {
  }

  // The column of levels, where there is one.
  TableDiff run(std::optional<std::size_t> level_column) {
    const RowMatch match = match_rows(table_, context_.same_boot);
    for (const RowPair& pair : match.changed) {
      if (context_.same_boot) {
        count(pair);
      }
      if (level_column) {
        compare_levels(pair, *level_column);
      }
    }
    if (!context_.same_boot) {
      count_since_boot();
    }
    events_.finish(diff_);
    return std::move(diff_);
  }

private:
  void count(RowPair pair) {
    const NamedNumber a = name_(before_, pair.before);
    const NamedNumber b = name_(after_, pair.after);
    if (a.count && b.count) {
      Event event = rows_.changed("stat.counted", pair);
      event.key = b.key;
      rows_.add_change(event, count_column_, pair);
      const CounterDelta delta = count_sums(*a.count, *b.count, events_.time_of(event.netns));
      if (!event.changed.empty()) {
        events_.add(std::move(event), delta, b.is_error);
      }
    }
  }

  void count_since_boot() {
    for (std::uint32_t row = 0; row < after_.size(); ++row) {
      const NamedNumber number = name_(after_, row);
      if (number.count) {
        Event event = rows_.added("stat.counted", row);
        event.key = number.key;
        event.changed = {{"count", std::nullopt, fmt::format("{}", *number.count)}};
        const CounterDelta delta = count_between(0, *number.count, events_.time_of(event.netns), false);
        events_.add(std::move(event), delta, number.is_error);
      }
    }
  }

  void compare_levels(RowPair pair, std::size_t column) {
    Event event = rows_.changed("stat.level", pair);
    event.key = name_(after_, pair.after).key;
    if (gauge_moved(before_.column(column), pair.before, after_.column(column), pair.after)
        && rows_.add_change(event, column, pair)) {
      diff_.events.push_back(std::move(event));
    }
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  CountedEvents events_;
  std::size_t count_column_;
  Name name_;
  TableDiff diff_;
};

} // namespace

TableDiff diff_conntrack_statistics(const ComparedTable& table, const RuleContext& context) {
  const auto name = [](const Table& rows, std::uint32_t row) {
    const ConntrackStatistic number = conntrack_statistics.row(rows, row);
    return NamedNumber{"conntrack " + number.name, number.count,
                       std::ranges::find(conntrack_errors, number.name) != conntrack_errors.end()};
  };
  return NumberDiffer(table, context, conntrack_statistics.index_of<&ConntrackStatistic::count>(), name)
    .run(conntrack_statistics.index_of<&ConntrackStatistic::level>());
}

TableDiff diff_table_statistics(const ComparedTable& table, const RuleContext& context) {
  const auto name = [](const Table& rows, std::uint32_t row) {
    const TableStatistic number = table_statistics.row(rows, row);
    return NamedNumber{number.source + " " + number.name, number.count,
                       std::ranges::find(full_tables, number.name) != full_tables.end()};
  };
  return NumberDiffer(table, context, table_statistics.index_of<&TableStatistic::count>(), name).run(std::nullopt);
}

TableDiff diff_interface_counters6(const ComparedTable& table, const RuleContext& context) {
  const auto name = [](const Table& rows, std::uint32_t row) {
    const InterfaceCounter6 number = interface_counters6.row(rows, row);
    return NamedNumber{fmt::format("{}{} dev {}", number.group, number.name, number.interface), number.count, false};
  };
  TableDiff diff =
    NumberDiffer(table, context, interface_counters6.index_of<&InterfaceCounter6::count>(), name).run(std::nullopt);
  std::erase_if(diff.events, [](const Event& event) { return event.spec->name == "stat.reset"; });
  return diff;
}

} // namespace hindstat
