// SPDX-License-Identifier: MIT
#include "diff/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "diff/counter_delta.h"
#include "diff/error_counters.h"
#include "diff/row_events.h"
#include "tables/protocol_counter.h"
#include "tables/sockstat.h"

namespace hindstat {

namespace {

constexpr std::uint64_t two_to_32 = 1ULL << 32;
constexpr std::size_t names_in_a_sentence = 5;

// "TcpRetransSegs", as nstat(8) calls it.
std::string counter_key(const ProtocolCounter& row) {
  return row.group + row.name;
}

// The kernel prints a line for a type of ICMP message only after the first one: one that is not there is 0.
bool is_printed_when_counted(const ProtocolCounter& row) {
  const bool by_type = row.name.starts_with("InType") || row.name.starts_with("OutType");
  return by_type && row.count && (row.group == "IcmpMsg" || row.group == "Icmp6");
}

std::string list_names(std::vector<std::string> names) {
  std::ranges::sort(names, natural_less);
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), names_in_a_sentence); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > names_in_a_sentence ? fmt::format("{} and {} more", text, names.size() - names_in_a_sentence)
                                            : text;
}

// The counters of one namespace.
struct NamespaceCounters {
  CountedTime time;
  bool is_narrow = true; // No reading is beyond 32 bits: this may be a kernel of 32 bits.
  std::vector<std::string> fallen;
  std::optional<Event> reset; // Of the fallen counter that comes first.
  std::vector<Event> counted;
};

class CounterDiffer {
public:
  CounterDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table) {
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
    for (auto& [netns, counters] : namespaces_) {
      finish(counters);
    }
    add_note(one_sided_, "known to one side only");
    add_note(implausible_, "not compared: their values are no counts");
    return std::move(diff_);
  }

private:
  void find_widths(const Table& table) {
    for (std::size_t row = 0; row < table.size(); ++row) {
      const bool wide = protocol_counters.column<&ProtocolCounter::count>(table).raw(row) >= two_to_32;
      NamespaceCounters& counters =
        of(std::string(protocol_counters.column<&ProtocolCounter::netns>(table).bytes(row)));
      counters.is_narrow = counters.is_narrow && !wide;
    }
  }

  NamespaceCounters& of(const std::string& netns) {
    const auto [it, is_new] = namespaces_.try_emplace(netns);
    if (is_new) {
      it->second.time =
        counted_time(*context_.before, *context_.after, protocol_counters.name(), netns, context_.same_boot);
    }
    return it->second;
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
    NamespaceCounters& counters = of(event.netns);
    const CounterDelta delta = count_between(before, after, counters.time, counters.is_narrow);
    if (delta.kind == DeltaKind::implausible) {
      implausible_.push_back(event.key);
      return;
    }
    if (delta.kind == DeltaKind::reset) {
      note_fall(counters, event);
    }
    if (delta.amount == 0) {
      return;
    }
    event.fields.push_back({"delta", fmt::format("{}", delta.amount)});
    if (delta.kind == DeltaKind::reset) {
      event.fields.push_back({"at_least", "true"});
      event.why.emplace_back("started again");
    } else if (std::string rate = format_rate(delta.amount, counters.time); !rate.empty()) {
      event.fields.push_back({"per_second", std::move(rate)});
    }
    if (delta.kind == DeltaKind::since_boot) {
      event.fields.push_back({"since_boot", "true"});
    } else if (delta.kind == DeltaKind::wrapped) {
      event.confidence = Confidence::inferred;
      event.why.emplace_back("wrapped at 2^32");
    }
    if (is_error_counter(row.group, row.name)) {
      event.spec = &event_spec("stat.errors");
    }
    counters.counted.push_back(std::move(event));
  }

  static void note_fall(NamespaceCounters& counters, const Event& event) {
    const auto rank = [](const Event& e) { return std::tuple(e.key, e.changed.front().from, e.changed.front().to); };
    if (!counters.reset || rank(event) < rank(*counters.reset)) {
      counters.reset = event;
    }
    counters.fallen.push_back(event.key);
  }

  // Counters of a namespace start again together: that one of them did casts doubt on those that look as if not.
  void finish(NamespaceCounters& counters) {
    for (Event& event : counters.counted) {
      if (counters.reset && find_field(event, "at_least") == nullptr) {
        event.confidence = Confidence::inferred;
        event.why.emplace_back("others started again");
      }
      diff_.events.push_back(std::move(event));
    }
    if (counters.reset) {
      Event event = std::move(*counters.reset);
      event.spec = &event_spec("stat.reset");
      event.key = "counters";
      event.fields = {{"counters", fmt::format("{}", counters.fallen.size())}};
      event.changed.clear();
      event.why = {list_names(counters.fallen) + " fell"};
      diff_.events.push_back(std::move(event));
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
  std::map<std::string, NamespaceCounters> namespaces_;
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
