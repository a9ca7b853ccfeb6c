// SPDX-License-Identifier: MIT
// Counts instead of events: --stat and --shortstat.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/escape.h"
#include "base/text_table.h"
#include "diff/output.h"

namespace hindstat {

namespace {

struct Sign {
  std::string_view sign;
  std::string_view words;
};

constexpr std::array signs{Sign{"+", "opened or added"}, Sign{"-", "closed or removed"},  Sign{"+-", "came and went"},
                           Sign{"~", "changed"},         Sign{"!", "reopened or broken"}, Sign{">", "next state"},
                           Sign{"#", "counted"}};

/// Events of one kind, or of one table.
struct Count {
  std::string name;
  std::size_t shown = 0;
  std::size_t hidden = 0;
};

Count& count_named(std::vector<Count>& counts, std::string_view name) {
  const auto it = std::ranges::find(counts, name, &Count::name);
  return it != counts.end() ? *it : counts.emplace_back(Count{std::string(name), 0, 0});
}

std::size_t rows_of(const SideLabel& side, const std::string& table) {
  const Table* found = side.snapshot == nullptr ? nullptr : side.snapshot->find_table(table);
  return found == nullptr ? 0 : found->size();
}

// What came and what went, against the rows of both sides; "" where there is no row.
std::string format_churn(const Diff& diff, const std::string& table, std::size_t rows) {
  std::size_t moved = 0;
  for (const Event& event : diff.events) {
    if (event.table == table) {
      moved += event.before_row < 0 && event.after_row >= 0 ? 1U : 0U;
      moved += event.after_row < 0 && event.before_row >= 0 ? 1U : 0U;
    }
  }
  return rows == 0 ? "" : fmt::format("{:.1f} %", 100 * static_cast<double>(moved) / static_cast<double>(rows));
}

} // namespace

std::string format_diff_shortstat(const Diff& diff, bool all) {
  std::set<std::string_view> tables;
  std::array<std::size_t, signs.size()> counts{};
  for (const Event& event : diff.events) {
    if (is_shown(diff, event, all)) {
      tables.insert(event.table);
      const std::string sign = sign_of(event);
      const auto* it = std::ranges::find(signs, sign, &Sign::sign);
      counts.at(static_cast<std::size_t>(it - signs.begin())) += 1;
    }
  }
  if (tables.empty()) {
    return "no difference\n";
  }
  std::string line = fmt::format("{} {} changed", tables.size(), tables.size() == 1 ? "table" : "tables");
  for (std::size_t i = 0; i < signs.size(); ++i) {
    if (counts[i] != 0) {
      line += fmt::format(", {} {} ({})", counts[i], signs[i].words, signs[i].sign);
    }
  }
  return line + '\n';
}

std::string format_diff_stat(const Diff& diff, const DiffLabels& labels, bool all) {
  using Align = TextTable::Align;
  TextTable lines({Align::left, Align::right, Align::right, Align::right, Align::right, Align::left, Align::left});
  lines.add({"table", "rows A", "rows B", "churn", "events", "kind"});
  std::vector<std::string> tables = diff.comparability.compared;
  for (const Event& event : diff.events) {
    if (std::ranges::find(tables, event.table) == tables.end()) {
      tables.insert(tables.begin(), event.table); // What happened to the machine.
    }
  }
  for (const std::string& table : tables) {
    std::vector<Count> kinds;
    for (const Event& event : diff.events) {
      if (event.table == table) {
        Count& count = count_named(kinds, event.spec->name);
        ++(is_shown(diff, event, all) ? count.shown : count.hidden);
      }
    }
    const std::size_t a = rows_of(labels.before, table);
    const std::size_t b = rows_of(labels.after, table);
    std::vector<std::string> begin{escape_terminal(table), fmt::format("{}", a), fmt::format("{}", b),
                                   format_churn(diff, table, a + b)};
    if (kinds.empty()) {
      begin.insert(begin.end(), {"0", ""});
      lines.add(begin);
    }
    for (const Count& kind : kinds) {
      begin.resize(4);
      begin.insert(begin.end(),
                   {fmt::format("{}", kind.shown + kind.hidden), kind.name, kind.shown == 0 ? "hidden" : ""});
      lines.add(begin);
      begin.assign(4, "");
    }
  }
  return lines.format() + format_diff_shortstat(diff, all);
}

} // namespace hindstat
