// SPDX-License-Identifier: MIT
#include "diff/cache_churn.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "diff/counter_delta.h"

namespace hindstat {

CacheChurn::CacheChurn(const Table& before, const Table& after) {
  const auto count_rows = [&](const Table& table, std::size_t Numbers::*number) {
    const Column& netns = *table.find_column("netns");
    for (std::size_t row = 0; row < table.size(); ++row) {
      ++(numbers_[std::string(netns.bytes(row))].*number);
    }
  };
  count_rows(before, &Numbers::rows_before);
  count_rows(after, &Numbers::rows_after);
}

void CacheChurn::count(const Event& event, std::size_t Numbers::*number) {
  Numbers& numbers = numbers_[event.netns];
  ++(numbers.*number);
  const auto rank = [](const Event& e) { return std::tuple(std::string_view(e.key), e.spec->name); };
  if (!numbers.first || rank(event) < rank(*numbers.first)) {
    numbers.first = event;
  }
}

void CacheChurn::add_to(TableDiff& diff, std::string_view name, const RuleContext& context) const {
  for (const auto& [netns, numbers] : numbers_) {
    if (!numbers.first) {
      continue;
    }
    Event event;
    event.spec = &event_spec(name);
    event.table = numbers.first->table;
    event.netns = netns;
    event.key = "cache";
    event.before_row = numbers.first->before_row;
    event.after_row = numbers.first->after_row;
    event.confidence = Confidence::proven;
    event.fields = {{"created", fmt::format("{}", numbers.created)}, {"removed", fmt::format("{}", numbers.removed)}};
    if (numbers.refreshed != 0) {
      event.fields.push_back({"refreshed", fmt::format("{}", numbers.refreshed)});
    }
    const auto moved = static_cast<double>(numbers.created + numbers.removed);
    const CountedTime time = counted_time(*context.before, *context.after, event.table, netns, context.same_boot);
    if (context.same_boot && time.seconds > 0) {
      event.fields.push_back({"per_minute", fmt::format("{:.1f}", 60 * moved / time.seconds)});
    }
    const std::size_t rows = std::max<std::size_t>(numbers.rows_before + numbers.rows_after, 1);
    event.fields.push_back({"turnover", fmt::format("{:.2f}", moved / static_cast<double>(rows))});
    diff.events.push_back(std::move(event));
  }
}

} // namespace hindstat
