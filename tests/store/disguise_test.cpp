// SPDX-License-Identifier: MIT
// What a disguise does to tables: they mean the same, and say nothing of whom they are about.
#include "store/disguise.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "diff/diff.h"
#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "tests/store/made.h"
#include "tests/tables/laws.h"

using namespace hindstat;

namespace {

Snapshot disguised(Snapshot snapshot, Disguise& disguise) {
  for (Table& table : snapshot.tables) {
    table = disguise.table(table);
  }
  for (Capture& capture : snapshot.captures) {
    capture = disguise.capture(capture);
  }
  snapshot.info = disguise.info(snapshot.info);
  return snapshot;
}

Snapshot record_sample(const std::string& name) {
  return record_snapshot(*open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/" + name), {});
}

// What is the same whatever the names are.
std::string shape_of(const Event& event, bool with_rows) {
  std::string text =
    fmt::format("{} {} {} {}", event.spec->name, event.table, name_of(event.confidence), name_of(severity_of(event)));
  if (with_rows && event.table != "route") { // A multipath route is told by the first of its hops in their order.
    text += fmt::format(" {}>{}", event.before_row, event.after_row);
  }
  for (const EventField& field : event.fields) {
    text += " " + field.name;
  }
  for (const EventChange& change : event.changed) {
    text += fmt::format(" {}:{}{}", change.column, change.from ? "v" : "-", change.to ? "v" : "-");
  }
  return text;
}

std::multiset<std::string> shapes_of(const Diff& diff, bool with_rows) {
  std::multiset<std::string> shapes;
  for (const Event& event : diff.events) {
    shapes.insert(shape_of(event, with_rows));
  }
  return shapes;
}

} // namespace

TEST_CASE("a disguise keeps rows, nulls, numbers and which cells are equal, in tables of every spec", "[store]") {
  Rng rng(101);
  for (const TableSpec& spec : specs_under_law()) {
    Pseudonyms pseudonyms;
    pseudonyms.key = Scrambler::fresh_key();
    Disguise disguise(pseudonyms);
    const Table table = random_table(spec, 200, rng);
    const Table hidden = disguise.table(table);
    REQUIRE(hidden.size() == table.size());
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      INFO(spec.name << "." << spec.columns[i].name);
      const Content content = content_of(spec.name, spec.columns[i]);
      const Column& before = table.column(i);
      const Column& after = hidden.column(i);
      std::set<std::string> was;
      std::set<std::string> is;
      std::set<std::string> texts;
      for (std::size_t row = 0; row < table.size(); ++row) {
        REQUIRE(after.is_null(row) == before.is_null(row));
        if (content == Content::number) {
          REQUIRE(Table::cells_equal(before, row, after, row));
        }
        if (is_interned(before.kind()) && !before.is_null(row)) {
          // A prefix is one with its length, and a station one of its family.
          const auto family = spec.find_column("family");
          const std::string beside = content == Content::prefix ? fmt::format(" {}", table.column(i + 1).raw(row))
                                     : family && content >= Content::station && content <= Content::station_list
                                       ? fmt::format(" {}", table.column(*family).raw(row))
                                       : "";
          was.insert(std::string(before.bytes(row)) + beside);
          is.insert(std::string(after.bytes(row)) + beside);
          texts.insert(std::string(after.bytes(row)));
        }
      }
      CHECK((is.size() == was.size() || content == Content::evidence));
      CHECK(after.dictionary().size() == texts.size()); // Nothing stays that no row has.
    }
  }
}

TEST_CASE("no cell of a table of any spec comes through but words, masks and numbers", "[store]") {
  Rng rng(102);
  for (const TableSpec& spec : specs_under_law()) {
    Pseudonyms pseudonyms;
    pseudonyms.key = Scrambler::fresh_key();
    Disguise disguise(pseudonyms);
    Table table = random_table(spec, 20, rng);
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      for (std::uint32_t row = 0; row < table.size(); ++row) {
        Column cell(spec.columns[i].kind);
        if (spec.columns[i].kind == Kind::text) {
          cell.append_bytes(fmt::format("SECRET{}x{}", i, row));
          table.column(i).set_from(row, cell, 0);
        } else if (spec.columns[i].kind == Kind::address) {
          cell.append_bytes(fmt::format("\x20\x01SECRET{:08}", row)); // 16 bytes
          table.column(i).set_from(row, cell, 0);
        }
      }
    }
    const Table hidden = disguise.table(table);
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      INFO(spec.name << "." << spec.columns[i].name);
      const Content content = content_of(spec.name, spec.columns[i]);
      const bool is_kept = content == Content::word || content == Content::mask || content == Content::sentence;
      for (std::size_t row = 0; is_interned(spec.columns[i].kind) && row < hidden.size(); ++row) {
        REQUIRE((hidden.column(i).bytes(row).find("SECRET") == std::string_view::npos || is_kept));
        REQUIRE((hidden.column(i).bytes(row).find("ECRE") == std::string_view::npos || is_kept));
      }
    }
  }
}

TEST_CASE("what happened between two samples is what happened between their disguises", "[store]") {
  Pseudonyms pseudonyms;
  pseudonyms.key = std::string(Scrambler::key_bytes, '\x05');
  Disguise disguise(pseudonyms);
  std::size_t events = 0;
  for (const char* name : {"client", "gateway", "server"}) {
    INFO(name);
    const Snapshot a = record_sample(name);
    const Snapshot b = record_sample(std::string(name) + "-later");
    const Diff before = diff_snapshots(a, b, {});
    const Diff after = diff_snapshots(disguised(a, disguise), disguised(b, disguise), {});
    CHECK(shapes_of(after, true) == shapes_of(before, true));
    CHECK(after.comparability.compared == before.comparability.compared);
    CHECK(after.comparability.not_compared.size() == before.comparability.not_compared.size());
    CHECK(after.comparability.doubts.size() == before.comparability.doubts.size());
    events += before.events.size();
  }
  CHECK(events > 100);
}

TEST_CASE("what happened between two tables of any spec is what happened between their disguises", "[store]") {
  Rng rng(106);
  std::size_t events = 0;
  for (const TableSpec& spec : catalog()) {
    for (int round = 0; round < 5; ++round) {
      Pseudonyms pseudonyms;
      pseudonyms.key = std::string(Scrambler::key_bytes, '\x05');
      Disguise disguise(pseudonyms);
      const Table table = random_table(spec, 30, rng);
      Snapshot a = made_snapshot({table}, 0);
      Snapshot b = made_snapshot({mutate(table, rng, 0.3)}, 1);
      const Diff before = diff_snapshots(a, b, {});
      const Diff after = diff_snapshots(disguised(a, disguise), disguised(b, disguise), {});
      INFO(spec.name << ", round " << round);
      CHECK(shapes_of(after, false) == shapes_of(before, false));
      events += before.events.size();
    }
  }
  CHECK(events > 500);
}
