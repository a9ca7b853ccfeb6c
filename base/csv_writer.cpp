// SPDX-License-Identifier: MIT
#include "base/csv_writer.h"

namespace hindstat {

CsvWriter& CsvWriter::field(std::string_view text) {
  separate();
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    text_ += text;
    return *this;
  }
  text_ += '"';
  for (const char c : text) {
    if (c == '"') {
      text_ += '"';
    }
    text_ += c;
  }
  text_ += '"';
  return *this;
}

CsvWriter& CsvWriter::missing() {
  separate();
  return *this;
}

CsvWriter& CsvWriter::end_record() {
  text_ += "\r\n";
  needs_comma_ = false;
  return *this;
}

void CsvWriter::separate() {
  if (needs_comma_) {
    text_ += ',';
  }
  needs_comma_ = true;
}

} // namespace hindstat
