// SPDX-License-Identifier: MIT
#include "base/line_break.h"

#include <algorithm>

namespace hindstat {

namespace {

bool begins_code_point(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// Where the first `room` code points of a text end; its size when it has no more.
std::size_t end_of(std::string_view text, std::size_t room) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at) {
    if (begins_code_point(text[at]) && seen++ == room) {
      return at;
    }
  }
  return at;
}

} // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_code_point));
}

std::vector<std::string> break_line(std::string_view text, std::size_t room) {
  std::vector<std::string> parts;
  while (room != 0 && display_width(text) > room) {
    std::size_t end = end_of(text, room);
    // A blank right behind the part counts as well.
    const std::size_t blank = text.rfind(' ', end);
    std::size_t next = end;
    if (blank != std::string_view::npos && blank != 0) {
      end = blank;
      next = blank + 1;
    }
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(next);
  }
  if (!text.empty() || parts.empty()) {
    parts.emplace_back(text);
  }
  return parts;
}

} // namespace hindstat
