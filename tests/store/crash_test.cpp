// SPDX-License-Identifier: MIT
// Recorders that are killed, several at once, readers beside them, full disks, clocks and hosts that change.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/store/history.h"
#include "tests/store/small_disk.h"
#include "tests/store/sweep.h"

using namespace hindstat;
namespace fs = std::filesystem;

namespace {

/// A process that runs `work`, which says what it has done by numbers; killed at the end if it still runs.
class Child {
public:
  using Say = std::function<void(std::uint32_t)>;

  /// `work` returns the exit status; 99 when it throws.
  explicit Child(const std::function<int(const Say&)>& work) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[0]);
      const Say say = [&](std::uint32_t number) {
        if (::write(ends[1], &number, sizeof number) != static_cast<ssize_t>(sizeof number)) {
          ::_exit(98);
        }
      };
      try {
        ::_exit(work(say));
      } catch (const std::exception& e) {
        const std::string line = std::string(e.what()) + "\n";
        static_cast<void>(!::write(STDERR_FILENO, line.data(), line.size()));
        ::_exit(99);
      }
    }
    ::close(ends[1]);
    out_ = ends[0];
  }
  ~Child() {
    if (pid_ > 0) {
      kill();
    }
    ::close(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    ::kill(pid_, SIGKILL);
    static_cast<void>(wait());
  }
  /// The exit status; -1 when a signal ended it.
  int wait() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// What it says next; nullopt when it said all.
  std::optional<std::uint32_t> next() {
    std::uint32_t number = 0;
    return ::read(out_, &number, sizeof number) == static_cast<ssize_t>(sizeof number) ? std::optional(number)
                                                                                       : std::nullopt;
  }

private:
  pid_t pid_ = 0;
  int out_ = -1;
};

/// On a slow disk two recorders without a pause may keep someone waiting for more than 5 s: who is told so tries again.
void busy_at_most(int times, const std::function<void()>& work) {
  for (;; --times) {
    try {
      work();
      return;
    } catch (const Error& e) {
      if (e.code() != ExitCode::try_again || times == 0) {
        throw;
      }
    }
  }
}

std::vector<Snapshot> history_of(const std::string& host, const std::string& boot, int minutes, std::uint64_t seed) {
  std::vector<Snapshot> history = made_history(minutes, 15, seed);
  for (Snapshot& snapshot : history) {
    snapshot.info.host = host;
    snapshot.info.boot_id = boot;
  }
  return history;
}

} // namespace

TEST_CASE("a recorder killed at any instant loses no snapshot that it acknowledged", "[store][soak]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  const int kills = soak_rounds(30);
  const std::vector<Snapshot> history = made_history(4 * kills + 8, 15);
  std::mt19937_64 random(static_cast<std::uint64_t>(kills));
  // Disks differ: a recorder is given the time of up to six appends.
  const auto began = std::chrono::steady_clock::now();
  StoreWriter(path).append(history[0]);
  const auto took = std::chrono::steady_clock::now() - began;
  const auto longest =
    static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(6 * took).count());
  std::size_t acknowledged = 1;
  int interrupted = 0;
  for (int round = 0; round < kills && acknowledged + 1 < history.size(); ++round) {
    INFO("kill " << round);
    Child recorder([&](const Child::Say& say) {
      // A new writer for every other snapshot: as cron and as watch.
      for (std::size_t i = acknowledged; i + 1 < history.size();) {
        StoreWriter writer(path);
        for (int two = 0; two < 2 && i + 1 < history.size(); ++two, ++i) {
          writer.append(history[i]);
          say(static_cast<std::uint32_t>(i));
        }
      }
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(random() % longest));
    recorder.kill();
    while (const auto done = recorder.next()) {
      acknowledged = *done + 1;
    }
    interrupted += fs::exists(path + "-journal") ? 1 : 0;
    // All are listed each time; to load all each time would take the square of the time.
    constexpr std::size_t last = 16;
    constexpr int all_each = 20;
    const bool load_all = round % all_each == all_each - 1;
    require_whole(path, history, acknowledged, load_all ? 0 : acknowledged - std::min(acknowledged, last));
    say_progress("kills", static_cast<std::size_t>(round) + 1, static_cast<std::size_t>(kills));
  }
  WARN("acknowledged " << acknowledged << " snapshots in spite of " << kills << " kills, of which " << interrupted
                       << " left a journal");
  CHECK(acknowledged > 1);
  StoreWriter(path).append(history[acknowledged]);
  CHECK(require_whole(path, history, acknowledged + 1) == false);
}

TEST_CASE("two recorders and a reader at once do not hurt each other", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  constexpr int minutes = 25;
  const std::vector<std::vector<Snapshot>> histories = {history_of("gw1", "boot", minutes, 61),
                                                        history_of("gw2", "boot", minutes, 62)};
  std::vector<Snapshot> all = histories[0];
  all.insert(all.end(), histories[1].begin(), histories[1].end());
  StoreWriter(path).append(histories[0][0]);
  const auto record = [&](const std::vector<Snapshot>& history) {
    return [&](const Child::Say& say) {
      StoreWriter writer(path);
      for (const Snapshot& snapshot : history) {
        busy_at_most(10, [&] { writer.append(snapshot); });
        say(0);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
      return 0;
    };
  };
  // Opens anew each time, and keeps one open: neither may see a half of anything.
  Child reader([&](const Child::Say& say) {
    std::optional<Store> kept;
    std::size_t seen = 0;
    bool same = true;
    for (std::uint32_t rounds = 1; same && seen < all.size(); ++rounds) {
      busy_at_most(10, [&] {
        if (!kept) {
          kept.emplace(path);
        }
        const Store fresh(path);
        const auto entries = fresh.list();
        for (const SnapshotEntry& entry : entries) {
          same = same && kept->load(entry.id).tables == fresh.load(entry.id).tables;
        }
        same = same && entries.size() >= seen;
        seen = entries.size();
      });
      say(rounds);
    }
    return same ? 0 : 1;
  });
  REQUIRE(reader.next() == 1U); // It has read before they begin.
  Child one(record(histories[0]));
  Child other(record(histories[1]));
  CHECK(one.wait() == 0);
  CHECK(other.wait() == 0);
  CHECK(reader.wait() == 0);
  CHECK(reader.next() == 2U);
  CHECK(load_all_whole(path, all).size() == all.size());
}

TEST_CASE("wherever a disk gets full nothing is lost, and recording goes on when there is space", "[store]") {
  const TemporaryDirectory directory;
  SmallDisk disk(directory);
  const std::vector<Snapshot> history = made_history(60, 90);
  std::set<std::size_t> filled_at;
  for (int kilobytes = 316; kilobytes <= 376; kilobytes += 12) {
    INFO("a disk of " << kilobytes << " kB");
    if (!disk.mount(kilobytes)) {
      WARN("skipped: mounting a small file system in a namespace of one's own needs privileges");
      return;
    }
    const std::string path = disk.file("x.db");
    constexpr std::size_t ballast_bytes = 60'000;
    write_bytes(disk.file("ballast"), std::string(ballast_bytes, 'x'));
    std::size_t acknowledged = 0;
    const auto append_all = [&] {
      try {
        StoreWriter writer(path);
        for (; acknowledged < history.size(); ++acknowledged) {
          writer.append(history[acknowledged]);
        }
      } catch (const Error& e) {
        REQUIRE(e.code() == ExitCode::try_again);
      }
    };
    append_all();
    filled_at.insert(acknowledged);
    REQUIRE(acknowledged < history.size());
    const auto check = [&] {
      if (acknowledged > 0) {
        require_whole(path, history, acknowledged);
      }
    };
    check();
    append_all(); // Still full: still nothing lost.
    check();
    fs::remove(disk.file("ballast"));
    const std::size_t before = acknowledged;
    append_all();
    REQUIRE(acknowledged > before);
    check();
  }
  CHECK(filled_at.size() > 2); // At different places of the recording, and of a commit.
}

TEST_CASE("a clock that jumps back and forth changes the order of the list and nothing else", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  std::vector<Snapshot> history = made_history(9, 15);
  constexpr std::int64_t day_ns = 86'400'000'000'000;
  for (std::size_t i = 0; i < history.size(); ++i) {
    // Back by days, to before 1970, far ahead, and the very moment of the snapshot before.
    const std::array<std::int64_t, 3> jumps = {0, -3 * day_ns, 40'000 * day_ns};
    history[i].info.clocks.realtime_ns += jumps[i % jumps.size()];
  }
  history[4].info.clocks.realtime_ns = -5;
  history[6].info.clocks.realtime_ns = history[5].info.clocks.realtime_ns;
  for (const Snapshot& snapshot : history) {
    StoreWriter(path).append(snapshot); // As cron: what the writer keeps in memory is no help.
  }
  CHECK(load_all_whole(path, history).size() == history.size());
  const auto entries = Store(path).list();
  CHECK(std::ranges::is_sorted(entries, {}, [](const SnapshotEntry& e) { return e.info.clocks.realtime_ns; }));
  CHECK(entries.front().info.clocks.realtime_ns == -5);
}

TEST_CASE("a cloned machine records into the same store under its own boot", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  // Cloned from one image: name and machine-id are the same, the boots are not; or, cloned while it ran, they are too.
  for (const bool same_boot : {false, true}) {
    const std::string boot = same_boot ? "one boot" : "boot";
    const auto original = history_of("vm", boot, 8, 71);
    const auto clone = history_of("vm", same_boot ? boot : "another boot", 8, 72);
    std::vector<Snapshot> all;
    for (std::size_t i = 0; i < original.size(); ++i) {
      for (const Snapshot* snapshot : {&original[i], &clone[i]}) {
        const SnapshotId id = StoreWriter(path).append(*snapshot);
        if (!same_boot) { // Else timers settle on the other one's values.
          REQUIRE(Store(path).load(id).tables == snapshot->tables);
        }
        REQUIRE(Store(path).load(id).info == snapshot->info);
      }
    }
  }
  CHECK(Store(path).list().size() == 32);
}

TEST_CASE("a machine that is renamed and gets another id goes on in the same store", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("x.db");
  std::vector<Snapshot> history = made_history(9, 15);
  for (std::size_t i = 3; i < history.size(); ++i) {
    history[i].info.host = i < 6 ? "gw1" : "renamed";
    history[i].info.machine_id = "ffffffffffffffffffffffffffffffff";
  }
  for (const Snapshot& snapshot : history) {
    StoreWriter(path).append(snapshot);
  }
  CHECK(Store(path).list().size() == history.size());
  for (const SnapshotEntry& entry : Store(path).list()) {
    const Snapshot loaded = Store(path).load(entry.id);
    CHECK(loaded.tables.size() == 3);
  }
}
