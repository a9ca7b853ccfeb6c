// SPDX-License-Identifier: MIT
#include "base/line_break.h"

#include <catch2/catch.hpp>

using namespace hindstat;
using Parts = std::vector<std::string>;

TEST_CASE("a line is broken at blanks and loses nothing else", "[base]") {
  CHECK(break_line("socket, route, interface", 14) == Parts{"socket, route,", "interface"});
  CHECK(break_line("socket, route, interface", 8) == Parts{"socket,", "route,", "interfac", "e"});
  CHECK(break_line("a b", 2) == Parts{"a", "b"});
  CHECK(break_line("whatever", 0) == Parts{"whatever"});
  CHECK(break_line("", 5) == Parts{""});
  CHECK(break_line("12345", 5) == Parts{"12345"});
}

TEST_CASE("code points are not broken", "[base]") {
  CHECK(display_width("\xc3\xa4\xc3\xb6") == 2);
  CHECK(break_line("\xc3\xa4\xc3\xb6\xc3\xbc", 2) == Parts{"\xc3\xa4\xc3\xb6", "\xc3\xbc"});
}
