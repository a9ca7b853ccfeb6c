// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "diff/rule_context.h"
#include "tables/table.h"

namespace hindstat {

/// How much of a cache came and went, for each namespace: a summary that is an event of its own.
class CacheChurn {
public:
  struct Numbers {
    std::size_t created = 0;
    std::size_t removed = 0;
    std::size_t refreshed = 0;
    std::size_t rows_before = 0;
    std::size_t rows_after = 0;
    std::optional<Event> first; ///< The event whose rows stand for all.
  };

  /// Tables of one spec, with a column netns.
  CacheChurn(const Table& before, const Table& after);

  void count(const Event& event, std::size_t Numbers::*number);

  /// One event `name` for each namespace of which something was counted: created, removed, refreshed, per_minute (by
  /// the moments at which the table was read; absent when unknown) and turnover, (created + removed) / (rows of A +
  /// rows of B).
  void add_to(TableDiff& diff, std::string_view name, const RuleContext& context) const;

private:
  std::map<std::string, Numbers> numbers_; ///< By namespace.
};

} // namespace hindstat
