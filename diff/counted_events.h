// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diff/counter_delta.h"
#include "diff/rule_context.h"

namespace hindstat {

/// "a, b, c, d, e and 3 more", in their order.
[[nodiscard]] std::string list_names(std::vector<std::string> names);

/// Makes events of what the counters of one table counted: stat.errors, stat.counted, and one stat.reset for each
/// namespace where counters fell within one boot.
class CountedEvents {
public:
  /// Both outlive it.
  CountedEvents(const RuleContext& context, std::string_view table) : context_(context), table_(table) {
  }

  /// The time in which the counters of a namespace counted.
  [[nodiscard]] const CountedTime& time_of(const std::string& netns);

  /// `event` is of kind stat.counted and has key, rows and changes. One that was not counted gives none; returns false
  /// when its values are no counts.
  bool add(Event event, const CounterDelta& delta, bool is_error);

  /// Moves the events into the diff, with what share a counter is of another where that is known.
  void finish(TableDiff& diff);

private:
  struct OfNamespace {
    CountedTime time;
    std::vector<std::string> fallen;
    std::optional<Event> reset; ///< Of the fallen counter that comes first.
    std::vector<Event> counted;
  };
  [[nodiscard]] OfNamespace& of(const std::string& netns);
  static void note_fall(OfNamespace& counters, const Event& event);
  static void add_share(Event& event, const std::map<std::string, std::uint64_t>& deltas);

  const RuleContext& context_;
  std::string_view table_;
  std::map<std::string, OfNamespace> namespaces_;
};

} // namespace hindstat
