// SPDX-License-Identifier: MIT
#include "tables/catalog.h"

#include <catch2/catch.hpp>
#include <set>

#include "tables/table_spec.h"
#include "tests/golden.h"
#include "tests/tables/laws.h"

using namespace hindstat;

TEST_CASE("every table of the catalog is well made", "[tables]") {
  for (const TableSpec& spec : specs_under_law()) {
    for (const std::string& fault : lint_table_spec(spec)) {
      FAIL_CHECK(fault);
    }
  }
}

TEST_CASE("names of tables are unique and found", "[tables]") {
  std::set<std::string_view> names;
  for (const TableSpec& spec : catalog()) {
    CHECK(names.insert(spec.name).second);
    REQUIRE(find_table_spec(spec.name) != nullptr);
  }
  CHECK(find_table_spec("no_such_table") == nullptr);
}

TEST_CASE("a change of the catalog is visible in its golden dump", "[tables][golden]") {
  std::string dump;
  for (const TableSpec& spec : catalog()) {
    dump += describe_table_spec(spec);
  }
  check_golden("tests/golden/catalog.txt", dump + describe_table_spec(captures.spec()));
}

TEST_CASE("docs/tables.md is what the catalog says", "[tables][golden]") {
  check_golden("docs/tables.md", document_catalog());
}

namespace {

struct Wrong {
  std::string no_key;
  std::string counter;
  std::optional<std::uint64_t> timer;
};

constexpr auto wrong = define_table<Wrong>(
  "Wrong", "no sentence", field<&Wrong::no_key>("twice", Role::attribute, "Doc."),
  field<&Wrong::counter>("twice", Role::counter, "Doc."), field<&Wrong::timer>("timer", Role::timer, "Doc"));

} // namespace

TEST_CASE("the lint names the column and what is wrong with it", "[tables]") {
  const auto faults = lint_table_spec(wrong.spec());
  const std::set<std::string> found(faults.begin(), faults.end());
  CHECK(found
        == std::set<std::string>{
          "Wrong: the name is not lower case letters, digits and underscores",
          "Wrong: the doc is not a sentence (capital letter, full stop)",
          "Wrong: no column is a key",
          "Wrong.twice: two columns have this name",
          "Wrong.twice: a counter, gauge or timer is a number",
          "Wrong.timer: the doc is not a sentence (capital letter, full stop)",
          "Wrong.timer: a timer is a u64 in boottime_ms",
        });
}
