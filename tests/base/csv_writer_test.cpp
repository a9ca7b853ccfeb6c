// SPDX-License-Identifier: MIT
#include "base/csv_writer.h"

#include <catch2/catch.hpp>

namespace hindstat {

TEST_CASE("a CSV record is fields between commas and ends with CR LF", "[base]") {
  CsvWriter csv;
  csv.field("table").field("a b").end_record().field("x").field("1").end_record();
  CHECK(csv.text() == "table,a b\r\nx,1\r\n");
}

TEST_CASE("a CSV field with a comma, a quote or a line break is quoted and its quotes doubled", "[base]") {
  CsvWriter csv;
  csv.field("a,b").field("say \"hi\"").field("two\nlines").field("cr\r").end_record();
  CHECK(csv.take() == "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\"\r\n");
}

TEST_CASE("a CSV field without a value differs from an empty text", "[base]") {
  CsvWriter csv;
  csv.missing().field("").missing().end_record();
  CHECK(csv.text() == ",\"\",\r\n");
}

} // namespace hindstat
