// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hindstat {

/// How wide a text is for people: its code points.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// `text` in parts of at most `room` code points, broken at a blank where there is one; whole when `room` is 0. At
/// least one part; nothing but the blanks at the breaks is lost.
[[nodiscard]] std::vector<std::string> break_line(std::string_view text, std::size_t room);

} // namespace hindstat
