// SPDX-License-Identifier: MIT
// Text from the network, from process names and from strangers' files is hostile until it has passed here.
#include "base/escape.h"

#include <array>
#include <cstdint>
#include <optional>

namespace hindstat {

namespace {

struct CodePoint {
  char32_t value;
  std::size_t length;
};

// The code point that starts at text[0], or nullopt where the bytes are not shortest-form UTF-8 (RFC 3629).
std::optional<CodePoint> read_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return CodePoint{first, 1};
  }
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
  } else {
    return std::nullopt;
  }
  if (text.size() < length) {
    return std::nullopt;
  }
  char32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return std::nullopt;
    }
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return std::nullopt;
  }
  return CodePoint{value, length};
}

// Characters that move the cursor, change the terminal's state or reorder what the reader sees.
bool acts_on_terminal(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E)
         || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_hex(std::string& out, std::string_view prefix, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += prefix;
  out += digits[byte >> 4];
  out += digits[byte & 0xF];
}

} // namespace

std::string escape_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto point = read_utf8(text);
    const std::size_t length = point ? point->length : 1;
    if (!point || acts_on_terminal(point->value)) {
      for (const char c : text.substr(0, length)) {
        append_hex(out, "\\x", static_cast<unsigned char>(c));
      }
    } else if (point->value == '\\') {
      out += "\\\\";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto point = read_utf8(text);
    const std::size_t length = point ? point->length : 1;
    if (!point) {
      out += "\xEF\xBF\xBD";
    } else if (point->value == '"' || point->value == '\\') {
      out += '\\';
      out += text[0];
    } else if (point->value == '\n') {
      out += "\\n";
    } else if (point->value == '\t') {
      out += "\\t";
    } else if (point->value < 0x20 || point->value == 0x7F) {
      append_hex(out, "\\u00", static_cast<unsigned char>(point->value));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

} // namespace hindstat
