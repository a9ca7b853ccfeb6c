// SPDX-License-Identifier: MIT
// Old layouts in a new program: a store keeps the columns as they were, and they are read by name.
#include "store/layout.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tables/process.h"
#include "tests/store/made.h"

using namespace hindstat;

namespace {

// Table process as another version may have had it.
class OtherLayout {
public:
  OtherLayout() : columns_(processes.spec().columns.begin(), processes.spec().columns.end()) {
  }

  ColumnSpec& column(std::string_view name) {
    return *std::ranges::find(columns_, name, &ColumnSpec::name);
  }
  void drop(std::string_view name) {
    std::erase_if(columns_, [&](const ColumnSpec& column) { return column.name == name; });
  }
  void add(const ColumnSpec& column) {
    columns_.insert(columns_.begin() + 1, column);
  }
  [[nodiscard]] TableSpec spec() const {
    return TableSpec{"process", "", columns_};
  }

private:
  std::vector<ColumnSpec> columns_;
};

Table table_of(const TableSpec& spec, std::size_t rows) {
  Rng rng(21);
  return random_table(spec, rows, rng);
}

} // namespace

TEST_CASE("a column that an old store does not have is null, one that is no more is left out", "[store]") {
  OtherLayout old;
  old.drop("unit");
  old.drop("fd_limit");
  old.add(ColumnSpec{"moon", Kind::text, Role::attribute, Unit::none, true, "", {}});
  const TemporaryDirectory directory;
  StoreWriter writer(directory.file("a.db"));
  const Table recorded = table_of(old.spec(), 50);
  const SnapshotId id = writer.append(made_snapshot({recorded}, 0));
  const Snapshot loaded = Store(directory.file("a.db")).load(id);
  const Table& table = loaded.tables.front();
  REQUIRE(table.size() == 50);
  CHECK(table.find_column("unit")->null_count() == 50);
  CHECK(table.find_column("fd_limit")->null_count() == 50);
  CHECK(table.find_column("moon") == nullptr);
  CHECK(table == recorded.converted_to(processes.spec()));
}

TEST_CASE("a column that was narrower is widened", "[store]") {
  OtherLayout old;
  old.column("fd_count").kind = Kind::u16;
  const TemporaryDirectory directory;
  const Table recorded = table_of(old.spec(), 50);
  const SnapshotId id = StoreWriter(directory.file("a.db")).append(made_snapshot({recorded}, 0));
  const Table table = Store(directory.file("a.db")).load(id).tables.front();
  CHECK(table == recorded.converted_to(processes.spec()));
  CHECK(table.find_column("fd_count")->kind() == Kind::u32);
}

TEST_CASE("a column whose kind changed otherwise is an error that names it", "[store]") {
  for (const Kind kind : {Kind::text, Kind::u64, Kind::i32, Kind::boolean, Kind::address}) {
    OtherLayout old;
    old.column("fd_count").kind = kind;
    const TemporaryDirectory directory;
    const SnapshotId id = StoreWriter(directory.file("a.db")).append(made_snapshot({table_of(old.spec(), 5)}, 0));
    CHECK_THROWS_WITH(Store(directory.file("a.db")).load(id), Catch::Contains("process.fd_count was recorded as "));
  }
}

TEST_CASE("a table that this program does not know is left out", "[store]") {
  const TemporaryDirectory directory;
  Rng rng(22);
  const Table known = table_of(processes.spec(), 5);
  const Snapshot snapshot = made_snapshot({known, random_table(all_kinds_spec(), 5, rng)});
  const SnapshotId id = StoreWriter(directory.file("a.db")).append(snapshot);
  const Snapshot loaded = Store(directory.file("a.db")).load(id);
  REQUIRE(loaded.tables.size() == 1);
  CHECK(loaded.tables.front() == known);
  CHECK(loaded.captures.size() == 2);
}

TEST_CASE("a new layout starts a new chain, and old snapshots still load", "[store]") {
  OtherLayout old;
  old.drop("exe");
  const TemporaryDirectory directory;
  StoreWriter writer(directory.file("a.db"));
  const Table before = table_of(old.spec(), 30);
  const Table after = table_of(processes.spec(), 30);
  const SnapshotId first = writer.append(made_snapshot({before}, 0));
  const SnapshotId second = writer.append(made_snapshot({after}, 1));
  const Store store(directory.file("a.db"));
  CHECK(store.load(first).tables.front() == before.converted_to(processes.spec()));
  CHECK(store.load(second).tables.front() == after);
}

TEST_CASE("a layout says what the columns meant", "[store]") {
  for (const TableSpec& spec : {processes.spec(), all_kinds_spec()}) {
    const std::string json = format_columns_json(spec);
    // Under a name that is not in the catalog, so that the columns come from the text.
    const Layout layout(1, "another", json, layout_checksum("another", json));
    REQUIRE(layout.spec().columns.size() == spec.columns.size());
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      const ColumnSpec& a = layout.spec().columns[i];
      const ColumnSpec& b = spec.columns[i];
      CHECK(std::tie(a.name, a.kind, a.role, a.unit, a.nullable)
            == std::tie(b.name, b.kind, b.role, b.unit, b.nullable));
      REQUIRE(a.names.size() == b.names.size());
      for (std::size_t k = 0; k < a.names.size(); ++k) {
        CHECK((a.names[k].value == b.names[k].value && a.names[k].name == b.names[k].name));
      }
    }
  }
}

TEST_CASE("a layout that is not one is refused", "[store]") {
  const auto refused = [](const std::string& json) {
    CHECK_THROWS_AS(Layout(1, "t", json, layout_checksum("t", json)), Error);
  };
  refused("");
  refused("{}");
  refused("[1]");
  refused("[{\"name\":\"a\"}]");
  refused(R"([{"name":"a","kind":"u9","role":"key","unit":"none","nullable":false,"names":[]}])");
  refused(R"([{"name":"a","kind":"u8","role":"key","unit":"none","nullable":false,"names":[[]]}])");
  refused(std::string(100'000, '['));
  const std::string column = R"({"name":"a","kind":"u8","role":"key","unit":"none","nullable":false,"names":[]})";
  refused("[" + column + "," + column + "]");
  CHECK_NOTHROW(Layout(1, "t", "[" + column + "]", layout_checksum("t", "[" + column + "]")));
  CHECK_THROWS_WITH(Layout(1, "t", "[" + column + "]", 0), Catch::Contains("checksum"));
}
