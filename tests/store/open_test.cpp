// SPDX-License-Identifier: MIT
// Files that are no store, and stores that cannot be had right now: one clear sentence each.
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/connection.h"
#include "tables/process.h"
#include "tables/socket.h"
#include "tests/store/made.h"

using namespace hindstat;
namespace fs = std::filesystem;

namespace {

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::string read_error(const std::string& path) {
  return message_of([&] { const Store store(path); });
}

std::string write_error(const std::string& path) {
  return message_of([&] { const StoreWriter writer(path); });
}

void execute(const std::string& path, const std::string& sql) {
  SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
}

Snapshot small_snapshot(int minute) {
  Rng rng(static_cast<std::uint64_t>(minute));
  return made_snapshot({random_table(processes.spec(), 20, rng)}, minute);
}

void make_store(const std::string& path) {
  StoreWriter writer(path);
  for (int minute = 0; minute < 3; ++minute) {
    writer.append(small_snapshot(minute));
  }
}

void require_three_snapshots(const std::string& path) {
  const Store store(path);
  REQUIRE(store.list().size() == 3);
  for (int minute = 0; minute < 3; ++minute) {
    REQUIRE(store.load(SnapshotId(minute + 1)).tables == small_snapshot(minute).tables);
  }
}

// Runs `work` in another process (which must be its own: a process does not see its own locks) until `work` has said
// so through its argument and this object goes away.
class OtherProcess {
public:
  explicit OtherProcess(const std::function<void()>& work) {
    int ready[2] = {};
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      work();
      static_cast<void>(!::write(ready[1], "x", 1));
      ::pause();
      ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~OtherProcess() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] pid_t pid() const {
    return pid_;
  }

private:
  pid_t pid_ = 0;
};

// Runs `work` as nobody in a process of its own; its exit status, or -1.
int run_as_nobody(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    constexpr unsigned nobody = 65534;
    ::_exit(::setgid(nobody) == 0 && ::setuid(nobody) == 0 ? work() : 99);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("what is no store is said to be none", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  CHECK(read_error(path) == path + ": no such file");
  write_bytes(path, "");
  CHECK(read_error(path) == path + ": is empty");
  for (const std::string& bytes : {std::string("x"), std::string("hello world"), std::string(5000, '\0')}) {
    write_bytes(path, bytes);
    CHECK(read_error(path) == path + ": not a hindstat store (no SQLite database)");
    CHECK(write_error(path) == path + ": not a hindstat store (no SQLite database)");
    CHECK(read_bytes(path) == bytes);
  }
  CHECK(read_error(directory.file("")) == directory.file("") + ": is a directory");
  CHECK(read_error(directory.file("no/x.db"))
        == directory.file("no/x.db") + ": " + directory.file("no/") + ": No such file or directory");
  REQUIRE(::mkfifo(directory.file("fifo").c_str(), 0600) == 0);
  CHECK(read_error(directory.file("fifo")) == directory.file("fifo") + ": is no regular file");
  CHECK(read_error("/dev/null") == "/dev/null: is no regular file");
}

TEST_CASE("a database of another program is refused and left alone", "[store]") {
  const TemporaryDirectory directory;
  const std::string other = directory.file("other.db");
  execute(other, "PRAGMA application_id = 7; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const std::string plain = directory.file("plain.db");
  execute(plain, "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  for (const std::string& path : {other, plain}) {
    const std::string before = read_bytes(path);
    CHECK_THAT(read_error(path), Catch::StartsWith(path + ": not a hindstat store ("));
    CHECK_THAT(write_error(path), Catch::StartsWith(path + ": not a hindstat store ("));
    CHECK(read_bytes(path) == before);
  }
  const std::string bare = directory.file("bare.db");
  execute(bare, "PRAGMA application_id = 0x68696E64; PRAGMA user_version = 1; CREATE VIEW snapshot AS SELECT 1");
  CHECK(read_error(bare) == bare + ": not a hindstat store (its tables are not there)");
}

TEST_CASE("a newer store is refused with both formats", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  make_store(path);
  execute(path, "PRAGMA user_version = 3");
  const std::string wanted = path + ": written by a newer hindstat (format 3; this program reads 1)";
  CHECK(read_error(path) == wanted);
  CHECK(write_error(path) == wanted);
}

TEST_CASE("an interrupted creation is completed by the next writer", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  write_bytes(path, "");
  make_store(path);
  require_three_snapshots(path);
  const std::string blank = directory.file("blank.db");
  execute(blank, "PRAGMA page_size = 4096; VACUUM");
  REQUIRE(fs::file_size(blank) > 0);
  CHECK_THAT(read_error(blank), Catch::Contains("not a hindstat store"));
  make_store(blank);
  require_three_snapshots(blank);
}

TEST_CASE("recorders that start at once on no file all succeed", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  constexpr int recorders = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < recorders; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      try {
        StoreWriter(path).append(small_snapshot(i));
        ::_exit(0);
      } catch (const std::exception&) {
        ::_exit(1);
      }
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(Store(path).list().size() == recorders);
}

TEST_CASE("a second writer waits, then says who holds the store, and nothing was recorded", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  make_store(path);
  StoreWriter writer(path);
  {
    const OtherProcess holder([&] {
      static SQLite::Database database(path, SQLite::OPEN_READWRITE);
      database.exec("BEGIN IMMEDIATE");
    });
    std::ifstream comm("/proc/self/comm");
    std::string name;
    std::getline(comm, name);
    try {
      writer.append(small_snapshot(3));
      FAIL("the store was held");
    } catch (const Error& e) {
      CHECK(e.code() == ExitCode::try_again);
      CHECK(e.what()
            == path + ": held by process " + std::to_string(holder.pid()) + " (" + name
                 + ") for more than 5 s; nothing was recorded");
    }
    require_three_snapshots(path); // Readers are not in the way.
  }
  CHECK(writer.append(small_snapshot(3)).value() == 4);
}

TEST_CASE("a full disk is no damage: exit 75, and what was there stays readable", "[store]") {
  const TemporaryDirectory directory;
  const std::string mount_point = directory.file("small");
  fs::create_directory(mount_point);
  if (::mount("tmpfs", mount_point.c_str(), "tmpfs", 0, "size=300k") != 0) {
    WARN("skipped: mounting a small file system needs privileges");
    return;
  }
  const std::string path = mount_point + "/x.db";
  std::vector<Snapshot> saved;
  std::string failure;
  try {
    StoreWriter writer(path);
    Rng rng(31);
    while (saved.size() < 1000) {
      const Snapshot next = made_snapshot({random_table(sockets.spec(), 300, rng)}, static_cast<int>(saved.size()));
      writer.append(next);
      saved.push_back(next);
    }
  } catch (const Error& e) {
    CHECK(e.code() == ExitCode::try_again);
    failure = e.what();
  }
  CHECK(failure.starts_with(path + ": the disk is full"));
  CHECK(failure.ends_with("; nothing was recorded"));
  CHECK(saved.size() > 2);
  {
    const Store store(path);
    const auto entries = store.list();
    REQUIRE(entries.size() == saved.size());
    for (std::size_t i = 0; i < saved.size(); ++i) {
      REQUIRE(store.load(entries[i].id).tables == saved[i].tables);
    }
  }
  // A new store on a full disk fails as clearly, and its empty file is no obstacle later.
  write_bytes(mount_point + "/ballast", std::string(400'000, 'x'));
  const std::string other = mount_point + "/y.db";
  CHECK(write_error(other) == other + ": the disk is full; nothing was recorded");
  fs::remove(mount_point + "/ballast");
  fs::remove(path);
  CHECK_NOTHROW(make_store(other));
  REQUIRE(::umount(mount_point.c_str()) == 0);
}

TEST_CASE("a store in a read-only place can be read and not written", "[store]") {
  const TemporaryDirectory directory;
  const std::string place = directory.file("place");
  fs::create_directory(place);
  const std::string path = place + "/x.db";
  make_store(path);
  fs::permissions(path, fs::perms(0444));
  fs::permissions(place, fs::perms(0555));
  fs::permissions(directory.file(""), fs::perms(0755));
  if (::geteuid() == 0) {
    CHECK(run_as_nobody([&] {
            try {
              return Store(path).list().size() == 3 && Store(path).load(SnapshotId(3)).tables.size() == 1 ? 0 : 1;
            } catch (const std::exception&) {
              return 2;
            }
          })
          == 0);
    CHECK(run_as_nobody([&] { return write_error(path) == path + ": Permission denied" ? 0 : 1; }) == 0);
  } else {
    require_three_snapshots(path);
    CHECK(write_error(path) == path + ": Permission denied");
  }
  fs::permissions(place, fs::perms(0755));
}

TEST_CASE("a store that someone put into WAL mode can be read where nothing can be written", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  make_store(path);
  execute(path, "PRAGMA journal_mode = WAL");
  fs::permissions(path, fs::perms(0444));
  fs::permissions(directory.file(""), fs::perms(0555));
  if (::geteuid() == 0) {
    CHECK(run_as_nobody([&] {
            try {
              return Store(path).list().size() == 3 ? 0 : 1;
            } catch (const std::exception&) {
              return 2;
            }
          })
          == 0);
  } else {
    require_three_snapshots(path);
  }
  fs::permissions(directory.file(""), fs::perms(0755));
  fs::permissions(path, fs::perms(0644));
  StoreWriter(path).append(small_snapshot(3)); // The next recorder turns it back.
  CHECK_FALSE(fs::exists(path + "-wal"));
  CHECK(Store(path).list().size() == 4);
}

TEST_CASE("a symbolic link to a directory is followed, one to the store is not", "[store]") {
  const TemporaryDirectory directory;
  fs::create_directory(directory.file("real"));
  fs::create_directory_symlink(directory.file("real"), directory.file("link"));
  make_store(directory.file("link/x.db"));
  require_three_snapshots(directory.file("real/x.db"));
  require_three_snapshots(directory.file("link/x.db"));
  fs::create_symlink(directory.file("real/x.db"), directory.file("y.db"));
  const std::string wanted = directory.file("y.db") + ": is a symbolic link; name the file itself";
  CHECK(read_error(directory.file("y.db")) == wanted);
  CHECK(write_error(directory.file("y.db")) == wanted);
}

TEST_CASE("a path is shown as it was given, with any byte in it", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a?b#c%20 d.db");
  make_store(path);
  require_three_snapshots(path);
}

TEST_CASE("after a writer was killed in its commit the store is as before", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  make_store(path);
  {
    // Changed pages are written before the commit: the file is inconsistent without its journal.
    const OtherProcess victim([&] {
      static SQLite::Database database(path, SQLite::OPEN_READWRITE);
      database.exec("PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; UPDATE snapshot SET took_ns = 0;"
                    " UPDATE block SET payload = zeroblob(20000)");
    });
  }
  REQUIRE(fs::file_size(path + "-journal") > 0);
  const std::string copy = directory.file("copy.db");
  fs::copy_file(path, copy);
  fs::copy_file(path + "-journal", copy + "-journal");
  require_three_snapshots(path);
  CHECK_FALSE(fs::exists(path + "-journal"));
  if (::geteuid() == 0) {
    for (const std::string& name : {std::string(""), std::string("copy.db"), std::string("copy.db-journal")}) {
      fs::permissions(directory.file(name), name.empty() ? fs::perms(0555) : fs::perms(0444));
    }
    CHECK(
      run_as_nobody([&] { return read_error(copy).starts_with(copy + ": a writer was interrupted and left ") ? 0 : 1; })
      == 0);
    fs::permissions(directory.file(""), fs::perms(0755));
  }
}
