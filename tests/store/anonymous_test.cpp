// SPDX-License-Identifier: MIT
// An anonymised export means the same as the original and says nothing of whom it is about.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "recorder/bundle_system.h"
#include "recorder/recorder.h"
#include "store/disguise.h"
#include "store/keeper.h"
#include "store/merge.h"
#include "store/pseudonym_file.h"
#include "store/removal.h"
#include "store/verify.h"
#include "tests/store/days.h"
#include "tests/tables/laws.h"

using namespace hindstat;

namespace {

void require_sound(const std::string& path) {
  const Verification found = verify_store(path);
  INFO(path << ": " << (found.damage.empty() ? "sound" : found.damage.front()));
  REQUIRE(found.damage.empty());
}

std::vector<Snapshot> in_order(const std::string& path) {
  const Store store(path);
  std::vector<Snapshot> all;
  for (const SnapshotEntry& entry : store.list()) {
    all.push_back(store.load(entry.id));
  }
  // Hosts have other names now, and with them another order.
  std::ranges::stable_sort(all, {}, [](const Snapshot& snapshot) {
    return std::pair(snapshot.info.clocks.realtime_ns, snapshot.info.clocks.boottime_ns);
  });
  return all;
}

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

bool same_capture(const Capture& a, const Capture& b) {
  TableBuilder one(captures);
  TableBuilder other(captures);
  one.add(a);
  other.add(b);
  return std::move(one).build() == std::move(other).build();
}

// The new file has the original's snapshots, each cell of which is what the map makes of it.
void require_same_meaning(const std::string& from, const std::string& to, const std::string& map_path) {
  PseudonymFile map(map_path);
  const Pseudonyms before = map.pseudonyms();
  Disguise disguise(map.pseudonyms());
  const std::vector<Snapshot> original = in_order(from);
  const std::vector<Snapshot> hidden = in_order(to);
  REQUIRE(original.size() == hidden.size());
  for (std::size_t i = 0; i < original.size(); ++i) {
    INFO("snapshot " << i + 1);
    const Snapshot expected = disguised(original[i], disguise);
    CHECK(hidden[i].info == expected.info);
    REQUIRE(hidden[i].tables.size() == expected.tables.size());
    for (std::size_t t = 0; t < expected.tables.size(); ++t) {
      INFO("table " << expected.tables[t].spec().name);
      CHECK(hidden[i].tables[t].size() == original[i].tables[t].size());
      REQUIRE(hidden[i].tables[t] == expected.tables[t]);
    }
    REQUIRE(hidden[i].captures.size() == expected.captures.size());
    CHECK(std::ranges::all_of(hidden[i].captures, [&](const Capture& capture) {
      return std::ranges::any_of(expected.captures, [&](const Capture& other) { return same_capture(capture, other); });
    }));
  }
  CHECK(map.pseudonyms().names == before.names); // The map that was written has everything.
  CHECK(map.pseudonyms().addresses == before.addresses);
  CHECK(map.pseudonyms().networks == before.networks);
  CHECK(map.pseudonyms().macs == before.macs);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

// Every text, address and MAC of the dictionaries (not of the rows only), of captures, hosts and notes, in lower case.
std::set<std::string> everything_in(const std::string& path) {
  std::set<std::string> texts;
  const auto add = [&](std::string_view text) { texts.insert(lower(text)); };
  for (const Snapshot& snapshot : in_order(path)) {
    for (const Table& table : snapshot.tables) {
      for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
        const Column& column = table.column(i);
        for (std::uint32_t id = 0; is_interned(column.kind()) && id < column.dictionary().size(); ++id) {
          const std::string_view bytes = column.dictionary().at(id);
          add(column.kind() == Kind::text ? std::string(bytes) : format_ip_address(*IpAddress::from_bytes(bytes)));
        }
        for (std::size_t row = 0; column.kind() == Kind::mac && row < column.size(); ++row) {
          add(format_mac_address(MacAddress{column.raw(row)}));
        }
      }
    }
    for (const Capture& capture : snapshot.captures) {
      add(capture.netns);
      add(capture.detail);
      add(capture.example);
    }
    for (const std::string& text : {snapshot.info.host, snapshot.info.machine_id, snapshot.info.boot_id,
                                    snapshot.info.kernel_release, snapshot.info.recorder}) {
      add(text);
    }
  }
  const StoreNotes notes = Store(path).notes();
  for (const Mark& mark : notes.marks) {
    add(mark.host);
    add(mark.machine_id);
    add(mark.text);
  }
  for (const Pin& pin : notes.pins) {
    add(pin.note);
  }
  return texts;
}

// Whether `word` stands in `text` and is not a part of a longer word or number.
bool has_word(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_part(text[at - 1]) || !is_part(word.front());
    const std::size_t end = at + word.size();
    if (begins && (end == text.size() || !is_part(text[end]) || !is_part(word.back()))) {
      return true;
    }
  }
  return false;
}

// What the map says was hidden, less what became itself.
std::set<std::string> secrets_of(const std::string& map_path) {
  PseudonymFile map(map_path);
  std::set<std::string> secrets;
  for (const auto& [kind, names] : map.pseudonyms().names) {
    for (const auto& [name, pseudonym] : names) {
      secrets.insert(lower(name));
    }
  }
  for (const auto& [from, to] : map.pseudonyms().addresses) {
    if (from != to) {
      secrets.insert(format_ip_address(from));
    }
  }
  for (const auto& [from, to] : map.pseudonyms().macs) {
    if (from != to) {
      secrets.insert(format_mac_address(from));
    }
  }
  return secrets;
}

Snapshot record_sample(const std::string& name) {
  return record_snapshot(*open_bundle(std::string(HINDSTAT_SOURCE_DIR) + "/samples/" + name), {});
}

const std::vector<std::string> sample_names{"gw1",           "client", "client-later", "gateway",
                                            "gateway-later", "server", "server-later"};

std::string store_of_samples(const TemporaryDirectory& directory) {
  const std::string path = directory.file("samples.db");
  StoreWriter writer(path);
  for (const std::string& name : sample_names) {
    writer.append(record_sample(name));
  }
  return path;
}

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

} // namespace

TEST_CASE("an anonymised export of random snapshots of every table means the same", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  const std::string map = directory.file("map.json");
  Rng rng(103);
  std::vector<Table> tables = random_tables(12, rng);
  {
    StoreWriter writer(from);
    for (int minute = 0; minute < 6; ++minute) {
      writer.append(made_snapshot(tables, minute));
      for (Table& table : tables) {
        table = minute == 2 ? table : mutate(table, rng, 0.2);
      }
    }
  }
  const Merge merge = export_anonymous(from, to, {}, map);
  CHECK(merge.copied == 6);
  CHECK(merge.damaged.empty());
  require_sound(to);
  require_same_meaning(from, to, map);
}

TEST_CASE("hosts, boots, gaps between snapshots, pins and marks come along under pseudonyms", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string other = directory.file("other.db");
  const std::string to = directory.file("to.db");
  const std::string map = to + ".map.json";
  Days gw1(104, "gw1", 16);
  Days gw2(105, "gw2", 16);
  record_days(from, gw1, 18);
  record_days(other, gw2, 15);
  import_store(from, other, false);
  remove_from_store(from, {SnapshotId(4), SnapshotId(9), SnapshotId(10)});
  {
    StoreKeeper keeper(from);
    keeper.pin(std::vector{SnapshotId(7), SnapshotId(20)}, "incident at Acme", 5);
    Mark mark;
    mark.host = "gw1";
    mark.machine_id = "0123456789abcdef0123456789abcdef";
    mark.at_ns = 1'700'000'000'000'000'000;
    mark.text = "deploy of Acme";
    keeper.mark(mark);
  }
  const Merge merge = export_anonymous(from, to, {}, map);
  CHECK(merge.copied == 30);
  require_sound(to);
  require_same_meaning(from, to, map);
  CHECK(tombstones(to).size() == 2); // Of those that come right before one that is there.
  for (const TombstoneRecord& stone : tombstones(to)) {
    CHECK(stone.reason == "removed");
    CHECK(stone.host == "host-1");
  }
  const StoreNotes notes = Store(to).notes();
  REQUIRE(notes.pins.size() == 2);
  CHECK(notes.pins[0].note == "note-1");
  REQUIRE(notes.marks.size() == 1);
  CHECK(notes.marks[0].text == "mark-1");
  CHECK(notes.marks[0].host == "host-1");

  SECTION("the same map gives the same again, so that two exports are one") {
    const std::string part = directory.file("part.db");
    ExportChoice choice;
    choice.hosts = {"gw1"};
    choice.since_ns = 1'700'000'000'000'000'000 + 5 * 60'000'000'000LL;
    const Merge again = export_anonymous(from, part, choice, map);
    CHECK(again.copied == 11);
    require_sound(part);
    CHECK(tombstones(part).size() >= 1); // What came right before is not missing.
    const Merge known = import_store(to, part, false);
    CHECK(known.copied == 0);
    CHECK(known.known == again.copied);
    require_sound(to);
  }
  SECTION("another map gives others") {
    const std::string second = directory.file("second.db");
    export_anonymous(from, second, {}, second + ".map.json");
    std::set<std::string> uids;
    for (const std::string& path : {from, to, second}) {
      for (const auto& [uid, snapshot] : contents(path)) {
        CHECK(uids.insert(uid).second);
      }
    }
  }
}

TEST_CASE("nothing of the samples is in their anonymised export", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = store_of_samples(directory);
  const std::string to = directory.file("to.db");
  const std::string map = directory.file("map.json");
  Pseudonyms known; // A key of which it is known that it makes no recorded address of another one.
  known.key = std::string(Scrambler::key_bytes, '\x05');
  write_bytes(map, format_pseudonyms(known));
  REQUIRE(::chmod(map.c_str(), 0600) == 0);
  CHECK(export_anonymous(from, to, {}, map).copied == sample_names.size());
  require_sound(to);
  require_same_meaning(from, to, map);
  const std::set<std::string> secrets = secrets_of(map);
  CHECK(secrets.size() > 100);
  for (const char* secret : {"gw1", "10.77.1.1", "root"}) {
    INFO(secret);
    CHECK(secrets.contains(secret) == (std::string_view(secret) != "root"));
  }
  // The search finds what is there.
  const std::set<std::string> original = everything_in(from);
  for (const std::string& secret : secrets) {
    INFO(secret);
    CHECK(std::ranges::any_of(original, [&](const std::string& text) { return has_word(text, secret); }));
  }
  // An address or a word that hindstat's own words contain, too, is no leak; nothing else may be there.
  std::set<std::string> found;
  for (const std::string& text : everything_in(to)) {
    for (const std::string& secret : secrets) {
      if (has_word(text, secret)) {
        found.insert(secret + " in " + text);
      }
    }
  }
  CHECK(found == std::set<std::string>{});
  const std::string bytes = lower(read_bytes(to));
  std::string own_words = lower(std::string(read_bytes(std::string(HINDSTAT_SOURCE_DIR) + "/schema.sql")));
  for (const TableSpec& spec : specs_under_law()) { // Names of columns and values are in the layouts.
    own_words += lower(describe_table_spec(spec));
  }
  for (const std::string& secret : secrets) {
    constexpr std::size_t too_short_to_say = 5; // Compressed bytes hold every short one somewhere.
    if (secret.size() > too_short_to_say && own_words.find(secret) == std::string::npos) {
      INFO(secret);
      CHECK(bytes.find(secret) == std::string::npos);
    }
  }
}

TEST_CASE("a table that this program does not know is left out of an anonymised export", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  Rng rng(107);
  std::vector<Table> tables{random_table(all_kinds_spec(), 20, rng), random_table(processes.spec(), 20, rng)};
  {
    StoreWriter writer(from);
    writer.append(made_snapshot(tables, 0));
    tables[0] = mutate(tables[0], rng, 0.3);
    writer.append(made_snapshot(tables, 1));
  }
  CHECK(export_anonymous(from, to, {}, directory.file("map.json")).copied == 2);
  require_sound(to);
  SQLite::Database database(to, SQLite::OPEN_READONLY);
  CHECK(database.execAndGet("SELECT count(*) FROM layout WHERE table_name = 'everything'").getInt() == 0);
  for (const auto& [uid, snapshot] : contents(to)) {
    CHECK(snapshot.captures.size() == 1);
    CHECK(snapshot.tables.size() == 1);
  }
}

TEST_CASE("an anonymised export that cannot be done leaves nothing behind, and damage is said", "[store]") {
  const TemporaryDirectory directory;
  const std::string from = directory.file("from.db");
  const std::string to = directory.file("to.db");
  const std::string map = directory.file("map.json");
  Days days(108, "gw1", 10);
  record_days(from, days, 6);
  ExportChoice nobody;
  nobody.hosts = {"gw9"};
  CHECK(error_of([&] { export_anonymous(from, to, nobody, map); }).find("no snapshot of these hosts")
        != std::string::npos);
  CHECK(!std::filesystem::exists(to));
  CHECK(!std::filesystem::exists(map));
  write_bytes(map, "no JSON");
  REQUIRE(::chmod(map.c_str(), 0600) == 0);
  CHECK(error_of([&] { export_anonymous(from, to, {}, map); }) == map + ": byte 2: is no JSON");
  CHECK(read_bytes(map) == "no JSON");
  std::filesystem::remove(map);
  CHECK(error_of([&] { export_anonymous(from, to, {}, to); }).find("is there already") != std::string::npos);
  CHECK(!std::filesystem::exists(to));
  CHECK(error_of([&] { export_anonymous(from, to, {}, directory.file("no/map.json")); }) != "no error");
  CHECK(!std::filesystem::exists(to));

  SQLite::Database(from, SQLite::OPEN_READWRITE)
    .exec("UPDATE block SET payload = zeroblob(9) WHERE id = (SELECT max(id) FROM block WHERE snapshot_id = 4)");
  const Merge merge = export_anonymous(from, to, {}, map);
  CHECK(merge.copied >= 3);
  CHECK(merge.copied < 6);
  CHECK(merge.copied + merge.damaged.size() == 6);
  require_sound(to);
}
