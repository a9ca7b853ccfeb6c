// SPDX-License-Identifier: MIT
#include "base/text_table.h"

#include <algorithm>
#include <cassert>

#include "base/line_break.h"

namespace hindstat {

void TextTable::add(std::vector<std::string> cells) {
  assert(cells.size() <= align_.size());
  cells.resize(align_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::format(std::size_t indent) const {
  std::vector<std::size_t> widths(align_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      line += align_[i] == Align::left ? row[i] + padding : padding + row[i];
      if (widths[i] > 0) {
        line += "  ";
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

} // namespace hindstat
