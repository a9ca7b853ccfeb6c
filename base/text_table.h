// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hindstat {

/// Lines of aligned columns for people: each column as wide as its widest cell (in code points), two blanks apart.
/// Cells are printed as they are: escape_terminal() is the caller's.
class TextTable {
public:
  enum class Align { left, right };

  explicit TextTable(std::vector<Align> columns) : align_(std::move(columns)) {
  }

  /// cells.size() is at most the number of columns; missing cells are empty.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const {
    return rows_.empty();
  }
  /// All lines, each ended by a newline and without trailing blanks; each line starts with `indent` blanks.
  [[nodiscard]] std::string format(std::size_t indent = 0) const;

private:
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace hindstat
