// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tables/change_set.h"
#include "tables/process.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tests/store/made.h"

using namespace hindstat;

namespace {

void require_same(const Snapshot& loaded, const Snapshot& saved) {
  REQUIRE(loaded.info == saved.info);
  REQUIRE(loaded.tables.size() == saved.tables.size());
  for (std::size_t i = 0; i < saved.tables.size(); ++i) {
    INFO("table " << saved.tables[i].spec().name);
    REQUIRE(loaded.tables[i] == saved.tables[i]);
  }
  REQUIRE(loaded.captures.size() == saved.captures.size());
  for (std::size_t i = 0; i < saved.captures.size(); ++i) {
    const Capture& a = loaded.captures[i];
    const Capture& b = saved.captures[i];
    INFO("capture of " << b.table << " in '" << b.netns << "'");
    REQUIRE(std::tie(a.table, a.netns, a.status, a.detail, a.source, a.coverage, a.began_us, a.took_us, a.rows,
                     a.skipped, a.rejected, a.example)
            == std::tie(b.table, b.netns, b.status, b.detail, b.source, b.coverage, b.began_us, b.took_us, b.rows,
                        b.skipped, b.rejected, b.example));
    REQUIRE(a.stored_at.has_value() == (saved.find_table(b.table) != nullptr));
  }
}

// As mutate(), with timers settled as the writer settles them.
Table mutate_and_settle(const Table& table, Rng& rng, double churn) {
  Table next = mutate(table, rng, churn);
  settle_timers(table, next);
  return next;
}

} // namespace

TEST_CASE("what was saved is what is loaded, at every position of every chain", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Rng rng(11);
  std::vector<Snapshot> saved;
  std::vector<SnapshotId> ids;
  std::vector<Table> tables = random_tables(40, rng);
  for (int minute = 0; minute < 30; ++minute) {
    // A writer for each snapshot, as cron would run it, and now and then one that stays.
    StoreWriter writer(path);
    for (int again = 0; again <= minute % 3; ++again) {
      saved.push_back(made_snapshot(tables, static_cast<int>(saved.size())));
      ids.push_back(writer.append(saved.back()));
      for (Table& table : tables) {
        table = mutate_and_settle(table, rng, saved.size() % 10 == 0 ? 0.9 : 0.05);
      }
    }
  }
  const Store store(path);
  REQUIRE(store.list().size() == saved.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    INFO("snapshot " << i);
    REQUIRE(store.list()[i].id == ids[i]);
    require_same(store.load(ids[i]), saved[i]);
    REQUIRE(store.load_captures(ids[i]).size() == saved[i].captures.size());
  }
  // And backwards, so that nothing depends on what was loaded before.
  for (std::size_t i = saved.size(); i-- > 0;) {
    require_same(store.load(ids[i]), saved[i]);
  }
}

TEST_CASE("a chain of 150 snapshots loads at every position", "[store]") {
  const TemporaryDirectory directory;
  StoreWriter writer(directory.file("a.db"));
  Rng rng(12);
  std::vector<Table> saved{random_table(sockets.spec(), 300, rng)};
  std::vector<SnapshotId> ids;
  for (int minute = 0; minute < 150; ++minute) {
    ids.push_back(writer.append(made_snapshot({saved.back()}, minute)));
    saved.push_back(mutate_and_settle(saved.back(), rng, 0.01));
  }
  const Store store(directory.file("a.db"));
  int keyframes = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    REQUIRE(store.load(ids[i]).tables.front() == saved[i]);
    keyframes += store.size_of(ids[i]).payload_bytes > store.size_of(ids[0]).payload_bytes / 2 ? 1 : 0;
  }
  CHECK(keyframes >= 2);  // The rules end a chain in time...
  CHECK(keyframes <= 15); // ...but not all the time.
}

TEST_CASE("a table equal to the one before stores no block, whatever the order of its rows", "[store]") {
  const TemporaryDirectory directory;
  StoreWriter writer(directory.file("a.db"));
  Rng rng(13);
  std::vector<Table> tables = random_tables(50, rng);
  const SnapshotId first = writer.append(made_snapshot(tables, 0));
  const SnapshotId second = writer.append(made_snapshot(tables, 1));
  std::vector<Table> in_other_order;
  for (const Table& table : tables) {
    in_other_order.push_back(shuffled(table, rng));
  }
  const SnapshotId third = writer.append(made_snapshot(in_other_order, 2));
  const Store store(directory.file("a.db"));
  CHECK(store.size_of(first).blocks == tables.size());
  CHECK(store.size_of(second).blocks == 0);
  CHECK(store.size_of(third).blocks == 0);
  require_same(store.load(third), made_snapshot(tables, 2));
  for (const Capture& capture : store.load_captures(third)) {
    CHECK(capture.stored_at == 1U);
  }
}

TEST_CASE("a timer that jitters by a second stores nothing, one that was set anew does", "[store]") {
  const TemporaryDirectory directory;
  StoreWriter writer(directory.file("a.db"));
  const auto with_timer = [](std::uint64_t expires) {
    TableBuilder builder(sockets);
    Socket socket;
    socket.local_port = 22;
    socket.cookie = 7;
    socket.timer = SocketTimer::keepalive;
    socket.timer_expires = expires;
    builder.add(socket);
    return std::move(builder).build();
  };
  writer.append(made_snapshot({with_timer(100'000)}, 0));
  const SnapshotId jittered = writer.append(made_snapshot({with_timer(100'900)}, 1));
  const SnapshotId back = writer.append(made_snapshot({with_timer(99'001)}, 2));
  const SnapshotId anew = writer.append(made_snapshot({with_timer(101'001)}, 3));
  const Store store(directory.file("a.db"));
  CHECK(store.size_of(jittered).blocks == 0);
  CHECK(store.size_of(back).blocks == 0);
  CHECK(store.size_of(anew).blocks == 1);
  CHECK(store.load(back).tables.front() == with_timer(100'000));
  CHECK(store.load(anew).tables.front() == with_timer(101'001));
}

TEST_CASE("a snapshot that is there already is not stored twice", "[store]") {
  const TemporaryDirectory directory;
  Rng rng(14);
  const Snapshot snapshot = made_snapshot(random_tables(20, rng));
  const Snapshot later = made_snapshot(random_tables(20, rng), 1);
  StoreWriter writer(directory.file("a.db"));
  const SnapshotId first = writer.append(snapshot);
  const SnapshotId second = writer.append(later);
  CHECK(writer.append(snapshot) == first);
  CHECK(StoreWriter(directory.file("a.db")).append(snapshot) == first);
  CHECK(writer.append(later) == second);
  StoreWriter(directory.file("b.db")).append(snapshot);
  const auto here = Store(directory.file("a.db")).list();
  const auto there = Store(directory.file("b.db")).list();
  REQUIRE(here.size() == 2);
  REQUIRE(there.size() == 1);
  CHECK(here.front().uid == there.front().uid);
  CHECK(here.front().uid.size() == 32);
  CHECK(here.front().uid != here.back().uid);
}

TEST_CASE("another boot, source or layout starts with a keyframe; an absent table leaves no block", "[store]") {
  const TemporaryDirectory directory;
  Rng rng(15);
  const Table table = random_table(processes.spec(), 200, rng);
  StoreWriter writer(directory.file("a.db"));
  Snapshot snapshot = made_snapshot({table}, 0);
  writer.append(snapshot);
  snapshot.info.clocks.realtime_ns += 1;
  snapshot.captures.front().source = "proc";
  const SnapshotId other_source = writer.append(snapshot);
  snapshot.info.boot_id = "another boot";
  const SnapshotId other_boot = writer.append(snapshot);
  snapshot.info.clocks.realtime_ns += 1;
  snapshot.tables.clear();
  snapshot.captures.front().status = CaptureStatus::denied;
  const SnapshotId denied = writer.append(snapshot);
  snapshot.info.clocks.realtime_ns += 1;
  snapshot.tables = {table};
  const SnapshotId again = writer.append(snapshot);
  const Store store(directory.file("a.db"));
  for (const SnapshotId id : {other_source, other_boot, again}) {
    CHECK(store.size_of(id).blocks == 1);
    CHECK(store.load(id).tables.front() == table);
  }
  CHECK(store.size_of(denied).blocks == 0);
  CHECK(store.load(denied).tables.empty());
  CHECK(store.load_captures(denied).front().status == CaptureStatus::denied);
  CHECK_FALSE(store.load_captures(denied).front().stored_at.has_value());
}

TEST_CASE("prepare() is optional, and another writer may come between", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  Rng rng(16);
  std::vector<Table> tables = random_tables(60, rng);
  StoreWriter patient(path);
  patient.append(made_snapshot(tables, 0));
  std::vector<SnapshotId> ids;
  std::vector<Snapshot> saved;
  for (int minute = 1; minute < 8; ++minute) {
    const auto& info = made_snapshot({}, 0).info;
    if (minute % 2 == 0) {
      patient.prepare(info.host, info.machine_id, info.boot_id);
    }
    for (StoreWriter* writer : {&patient, static_cast<StoreWriter*>(nullptr)}) {
      for (Table& table : tables) {
        table = mutate_and_settle(table, rng, 0.05);
      }
      saved.push_back(made_snapshot(tables, 10 * minute + (writer == nullptr ? 1 : 0)));
      ids.push_back(writer != nullptr ? writer->append(saved.back()) : StoreWriter(path).append(saved.back()));
    }
  }
  const Store store(path);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    require_same(store.load(ids[i]), saved[i]);
  }
}

TEST_CASE("only the tables asked for are loaded", "[store]") {
  const TemporaryDirectory directory;
  Rng rng(17);
  StoreWriter(directory.file("a.db")).append(made_snapshot(random_tables(5, rng)));
  const Store store(directory.file("a.db"));
  const std::vector<std::string> wanted{"route", "no_such_table", "socket"};
  const Snapshot snapshot = store.load(SnapshotId(1), wanted);
  REQUIRE(snapshot.tables.size() == 2);
  CHECK(snapshot.find_table("socket") != nullptr);
  CHECK(snapshot.find_table("route") != nullptr);
  CHECK(snapshot.captures.size() == catalog().size());
}

TEST_CASE("a snapshot that is not there is named", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const StoreWriter writer(path);
  const Store store(path);
  CHECK(store.list().empty());
  CHECK_THROWS_WITH(store.load(SnapshotId(5)), path + ": no snapshot 5");
  CHECK_THROWS_WITH(store.size_of(SnapshotId(-1)), path + ": no snapshot -1");
}

TEST_CASE("several hosts share a store and are listed by host and time", "[store]") {
  const TemporaryDirectory directory;
  StoreWriter writer(directory.file("a.db"));
  Rng rng(18);
  for (const int minute : {3, 1, 2}) {
    for (const char* host : {"web", "db"}) {
      Snapshot snapshot = made_snapshot({random_table(processes.spec(), 3, rng)}, minute);
      snapshot.info.host = host;
      writer.append(snapshot);
    }
  }
  std::string order;
  for (const SnapshotEntry& entry : Store(directory.file("a.db")).list()) {
    order += entry.info.host + std::to_string(entry.info.clocks.realtime_ns / 60'000'000'000 % 10) + " ";
  }
  CHECK(order == "db4 db5 db6 web4 web5 web6 ");
}

TEST_CASE("captures of several namespaces are kept, in the order of the catalog", "[store]") {
  const TemporaryDirectory directory;
  Rng rng(19);
  Snapshot snapshot = made_snapshot(random_tables(3, rng));
  Capture other = *snapshot.find_capture("route");
  other.netns = "blue";
  other.status = CaptureStatus::partial;
  other.detail = "2 of 9 lines";
  other.rejected = 2;
  other.example = "\x1b[31m";
  snapshot.captures.push_back(other);
  const SnapshotId id = StoreWriter(directory.file("a.db")).append(snapshot);
  const Snapshot loaded = Store(directory.file("a.db")).load(id);
  const Capture* found = loaded.find_capture("route", "blue");
  REQUIRE(found != nullptr);
  CHECK(found->example == other.example);
  CHECK(found->stored_at == 1U);
  CHECK(found == loaded.find_capture("route") + 1);
}

TEST_CASE("a new store is its owner's alone, unless another mode is asked for", "[store]") {
  const TemporaryDirectory directory;
  const auto mode_of = [&](const char* name) {
    struct stat status {};
    REQUIRE(::stat(directory.file(name).c_str(), &status) == 0);
    return status.st_mode & 07777U;
  };
  for (const mode_t umask : {0022U, 0077U, 0U}) {
    const mode_t before = ::umask(umask);
    StoreWriter(directory.file("a.db"));
    StoreWriter(directory.file("b.db"), 0640);
    ::umask(before);
    CHECK(mode_of("a.db") == 0600);
    CHECK(mode_of("b.db") == 0640);
    StoreWriter(directory.file("b.db"), 0666); // What exists keeps its mode.
    CHECK(mode_of("b.db") == 0640);
    std::filesystem::remove(directory.file("a.db"));
    std::filesystem::remove(directory.file("b.db"));
  }
}
