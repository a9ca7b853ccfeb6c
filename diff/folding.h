// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "diff/event.h"

namespace hindstat {

/// One line of a section: an event, or several that are alike. Not escaped.
struct FoldedLine {
  const Event* event = nullptr; ///< The first of them.
  std::size_t count = 1;
  std::string key; ///< "tcp 10.0.0.5:80 <- 10.0.1.9:51514"; of several "206x tcp 10.0.0.5:80 <- 10.0.1.0/24:*".
  std::string owner;
  std::string words; ///< What happened.
};

/// The lines of a section, and what they leave out.
struct FoldedLines {
  std::vector<FoldedLine> lines;
  std::vector<std::string> notes; ///< "10 more sock.opened", one a kind that has more lines than are shown.
};

/// Lines of events, in their order. Where the same happened to both ends of a connection of the machine with itself
/// they are one line. Of a kind with more than 20 lines those of connections of one service that differ in nothing but
/// port and host of the peer are one, the largest first, and 20 are left. With `all` there is a line for each event.
[[nodiscard]] FoldedLines fold_lines(const std::vector<const Event*>& events, bool all);

} // namespace hindstat
