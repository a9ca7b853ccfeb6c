// SPDX-License-Identifier: MIT
#include "base/escape.h"

#include <catch2/catch.hpp>

#include "base/json_writer.h"
#include "base/text_table.h"

using namespace hindstat;

TEST_CASE("a terminal never sees an escape sequence from recorded text", "[base]") {
  CHECK(escape_terminal("nginx") == "nginx");
  CHECK(escape_terminal("\x1b[2Jevil") == "\\x1b[2Jevil");
  CHECK(escape_terminal(std::string_view("a\0b\n\x7f", 5)) == "a\\x00b\\x0a\\x7f");
  CHECK(escape_terminal("back\\slash") == "back\\\\slash");
  CHECK(escape_terminal("\xc2\x9b"
                        "31m")
        == "\\xc2\\x9b31m"); // C1 CSI in UTF-8
  CHECK(escape_terminal("\xe2\x80\xae"
                        "gpj.exe")
        == "\\xe2\\x80\\xaegpj.exe"); // right-to-left override
}

TEST_CASE("text that is UTF-8 stays readable and broken UTF-8 shows its bytes", "[base]") {
  CHECK(escape_terminal("gr\xc3\xbc\xc3\x9f"
                        "e \xf0\x9f\x98\x80")
        == "gr\xc3\xbc\xc3\x9f"
           "e \xf0\x9f\x98\x80");
  CHECK(escape_terminal("\xff\xfe") == "\\xff\\xfe");
  CHECK(escape_terminal("\xc0\xaf") == "\\xc0\\xaf");          // overlong
  CHECK(escape_terminal("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // surrogate
  CHECK(escape_terminal("cut\xe2\x82") == "cut\\xe2\\x82");
  CHECK(escape_terminal("\xf5\x80\x80\x80") == "\\xf5\\x80\\x80\\x80");
}

TEST_CASE("JSON strings are valid whatever the bytes are", "[base]") {
  std::string out;
  append_json_string(out, std::string_view("a\"b\\c\n\t\x01\xff\0", 10));
  CHECK(out == "\"a\\\"b\\\\c\\n\\t\\u0001\xEF\xBF\xBD\\u0000\"");
}

TEST_CASE("the JSON writer separates values and nests", "[base]") {
  JsonWriter json;
  json.begin_object().key("a").number(std::uint64_t{18446744073709551615ULL}).key("b").begin_array();
  json.number(std::int64_t{-1}).string("x").null().boolean(true).begin_object().end_object().end_array();
  json.key("c").number(0.5).end_object();
  CHECK(json.text() == R"({"a":18446744073709551615,"b":[-1,"x",null,true,{}],"c":0.5})");
}

TEST_CASE("columns of a text table are as wide as their widest cell", "[base]") {
  TextTable table({TextTable::Align::left, TextTable::Align::right, TextTable::Align::left});
  table.add({"a", "1", "x"});
  table.add({"gr\xc3\xbcn", "1234", ""});
  CHECK(table.format() == "a        1  x\ngr\xc3\xbcn  1234\n");
  CHECK(table.format(2) == "  a        1  x\n  gr\xc3\xbcn  1234\n");
}
