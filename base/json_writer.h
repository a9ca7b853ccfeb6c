// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hindstat {

/// Writes one JSON value (RFC 8259) into a string, commas and escapes included. The caller nests begin/end properly
/// and names each member of an object with key() before its value.
class JsonWriter {
public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  /// The text so far; a newline is the caller's (JSON Lines).
  [[nodiscard]] const std::string& text() const {
    return text_;
  }
  [[nodiscard]] std::string take() {
    return std::move(text_);
  }

private:
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

} // namespace hindstat
