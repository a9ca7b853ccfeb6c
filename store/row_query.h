// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hindstat {

/// Rows that SQL is asked about: a table in memory, made of whatever the caller has.
struct QueryRows {
  std::string name;                 ///< Of the table.
  std::vector<std::string> columns; ///< Their names, each once.
  std::size_t count = 0;
  /// The cells of a row, as many as columns; nullopt is NULL. A cell that is a whole number or a decimal one compares
  /// as such.
  std::function<std::vector<std::optional<std::string>>(std::size_t row)> cells;
};

/// Throws Error when `condition` is no expression of SQLite over these columns. What it may do is reading this one
/// table, in subqueries too, and calling functions that only compute: no other statement, no file, no extension.
void check_condition(const QueryRows& rows, const std::string& condition);

/// The rows for which `condition` is true, ascending. Throws Error as check_condition(), when an expression fails, and
/// when the answer takes more than `most_seconds`.
[[nodiscard]] std::vector<std::size_t> rows_where(const QueryRows& rows, const std::string& condition,
                                                  double most_seconds = 10);

} // namespace hindstat
