// SPDX-License-Identifier: MIT
#include "diff/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "diff/counted_events.h"
#include "diff/error_counters.h"
#include "diff/row_events.h"
#include "tables/protocol_counter.h"
#include "tables/sockstat.h"

namespace hindstat {

namespace {

constexpr std::uint64_t two_to_32 = 1ULL << 32;

// "TcpRetransSegs", as nstat(8) calls it.
std::string counter_key(const ProtocolCounter& row) {
  return row.group + row.name;
}

// The kernel prints a line for a type of ICMP message only after the first one: one that is not there is 0.
bool is_printed_when_counted(const ProtocolCounter& row) {
  const bool by_type = row.name.starts_with("InType") || row.name.starts_with("OutType");
  return by_type && row.count && (row.group == "IcmpMsg" || row.group == "Icmp6");
}

class CounterDiffer {
public:
  CounterDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table),
      events_(context, protocol_counters.name()) {
  }

  TableDiff run() {
    find_widths(before_);
    find_widths(after_);
    const RowMatch match = match_rows(table_, context_.same_boot);
    for (const RowPair& pair : match.changed) {
      compare_levels(pair);
      if (context_.same_boot) {
        compare_counts(pair);
      }
    }
    for (const std::uint32_t row : match.removed) {
      compare_missing(protocol_counters.row(before_, row), rows_.removed("stat.counted", row));
    }
    for (const std::uint32_t row : match.added) {
      compare_missing(protocol_counters.row(after_, row), rows_.added("stat.counted", row));
    }
    if (!context_.same_boot) {
      count_since_boot(match.added);
    }
    events_.finish(diff_);
    add_note(one_sided_, "known to one side only");
    add_note(implausible_, "not compared: their values are no counts");
    return std::move(diff_);
  }

private:
  // Whether this may be a kernel of 32 bits: no reading is beyond them.
  void find_widths(const Table& table) {
    for (std::size_t row = 0; row < table.size(); ++row) {
      const bool wide = protocol_counters.column<&ProtocolCounter::count>(table).raw(row) >= two_to_32;
      const std::string netns(protocol_counters.column<&ProtocolCounter::netns>(table).bytes(row));
      const auto [it, is_new] = is_narrow_.try_emplace(netns, true);
      it->second = it->second && !wide;
    }
  }

  void compare_levels(RowPair pair) {
    constexpr std::size_t column = protocol_counters.index_of<&ProtocolCounter::level>();
    const ProtocolCounter before = protocol_counters.row(before_, pair.before);
    const ProtocolCounter after = protocol_counters.row(after_, pair.after);
    if (!before.level || !after.level) {
      return;
    }
    const bool setting = is_setting(after.group, after.name);
    Event event = rows_.changed(setting ? "stat.changed" : "stat.level", pair);
    event.key = counter_key(after);
    const bool moved = setting || gauge_moved(before_.column(column), pair.before, after_.column(column), pair.after);
    if (moved && rows_.add_change(event, column, pair)) {
      diff_.events.push_back(std::move(event));
    }
  }

  void compare_counts(RowPair pair) {
    const ProtocolCounter before = protocol_counters.row(before_, pair.before);
    const ProtocolCounter after = protocol_counters.row(after_, pair.after);
    if (before.count && after.count) {
      Event event = rows_.changed("stat.counted", pair);
      rows_.add_change(event, protocol_counters.index_of<&ProtocolCounter::count>(), pair);
      add_counted(after, std::move(event), *before.count, *after.count);
    }
  }

  // `event` has the row that there is.
  void compare_missing(const ProtocolCounter& row, Event event) {
    if (!context_.same_boot || !is_printed_when_counted(row)) {
      one_sided_.push_back(counter_key(row));
      return;
    }
    const bool is_before = event.before_row >= 0;
    event.changed.push_back({"count", is_before ? std::optional(fmt::format("{}", *row.count)) : std::nullopt,
                             is_before ? std::nullopt : std::optional(fmt::format("{}", *row.count))});
    add_counted(row, std::move(event), is_before ? *row.count : 0, is_before ? 0 : *row.count);
  }

  void count_since_boot(const std::vector<std::uint32_t>& added) {
    for (std::uint32_t row = 0; row < after_.size(); ++row) {
      const ProtocolCounter counter = protocol_counters.row(after_, row);
      if (counter.count && (!std::ranges::binary_search(added, row) || is_printed_when_counted(counter))) {
        Event event = rows_.added("stat.counted", row);
        event.changed.push_back({"count", std::nullopt, fmt::format("{}", *counter.count)});
        add_counted(counter, std::move(event), 0, *counter.count);
      }
    }
  }

  void add_counted(const ProtocolCounter& row, Event event, std::uint64_t before, std::uint64_t after) {
    event.key = counter_key(row);
    const CounterDelta delta = count_between(before, after, events_.time_of(event.netns), is_narrow_.at(event.netns));
    const std::string key = event.key;
    if (!events_.add(std::move(event), delta, is_error_counter(row.group, row.name))) {
      implausible_.push_back(key);
    }
  }

  void add_note(std::vector<std::string>& keys, std::string_view what) {
    if (!keys.empty()) {
      const std::size_t count = keys.size();
      diff_.notes.push_back(fmt::format("protocol_counter: {} {} {}: {}", count, count == 1 ? "counter" : "counters",
                                        what, list_names(std::move(keys))));
    }
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  TableDiff diff_;
  CountedEvents events_;
  std::map<std::string, bool> is_narrow_; // By namespace.
  std::vector<std::string> one_sided_;
  std::vector<std::string> implausible_;
};

} // namespace

TableDiff diff_protocol_counters(const ComparedTable& table, const RuleContext& context) {
  return CounterDiffer(table, context).run();
}

TableDiff diff_socket_statistics(const ComparedTable& table, const RuleContext& context) {
  constexpr std::size_t column = socket_statistics.index_of<&SocketStatistic::value>();
  const Table& before = table.before.table();
  const Table& after = table.after.table();
  const RowEvents rows(table);
  const RowMatch match = match_rows(table, context.same_boot);
  TableDiff diff;
  for (const RowPair& pair : match.changed) {
    Event event = rows.changed("stat.level", pair);
    const SocketStatistic row = socket_statistics.row(after, pair.after);
    event.key = row.protocol + " " + row.name;
    if (gauge_moved(before.column(column), pair.before, after.column(column), pair.after)) {
      rows.add_change(event, column, pair);
      diff.events.push_back(std::move(event));
    }
  }
  if (const std::size_t one_sided = match.added.size() + match.removed.size(); one_sided != 0) {
    diff.notes.push_back(fmt::format("sockstat: {} levels are known to one side only", one_sided));
  }
  return diff;
}

} // namespace hindstat
