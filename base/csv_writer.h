// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace hindstat {

/// Writes records of comma-separated values (RFC 4180, lines end with CR LF). A field is quoted where it has to be, and
/// where it is an empty text: only a missing value is nothing at all.
class CsvWriter {
public:
  /// Bytes are written as they are: making them safe to look at is the caller's.
  CsvWriter& field(std::string_view text);
  /// A field without a value.
  CsvWriter& missing();
  /// Ends the record.
  CsvWriter& end_record();

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
