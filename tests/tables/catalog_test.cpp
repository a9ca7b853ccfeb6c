// SPDX-License-Identifier: MIT
#include "tables/catalog.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>

#include "tables/contents.h"
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

TEST_CASE("what each text and address of the catalog holds is said, for those who must not see it",
          "[tables][golden]") {
  std::vector<TableSpec> specs(catalog().begin(), catalog().end());
  specs.push_back(captures.spec());
  for (const std::string& fault : lint_contents(specs)) {
    FAIL_CHECK(fault);
  }
  std::string dump;
  for (const TableSpec& spec : specs) {
    for (const ColumnSpec& column : spec.columns) {
      if (const Content content = content_of(spec.name, column); content != Content::number) {
        dump += std::string(spec.name) + "." + std::string(column.name) + "  " + std::string(name_of(content)) + "\n";
      }
    }
  }
  check_golden("tests/golden/contents.txt", dump);
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

TEST_CASE("a text that nobody has listed and a prefix without a length are found", "[tables]") {
  TableSpec spec = wrong.spec();
  std::vector<std::string> faults = lint_contents(std::array{spec});
  const auto has = [&](const std::string& fault) { return std::ranges::find(faults, fault) != faults.end(); };
  CHECK(has("Wrong.twice: contents.cpp does not say what this text holds"));
  CHECK(has("route.destination: contents.cpp lists it and no table has it"));
  const TableSpec* route = find_table_spec("route");
  REQUIRE(route != nullptr);
  const std::size_t at = *route->find_column("destination");
  spec = TableSpec{"route", "Routes.", route->columns.subspan(at, 1)};
  faults = lint_contents(std::array{spec});
  CHECK(has("route.destination: the next column is no length of a prefix"));
  CHECK(name_of(Content::number) == "number");
  CHECK(name_of(Content::context) == "context");
}
