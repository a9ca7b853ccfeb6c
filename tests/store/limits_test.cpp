// SPDX-License-Identifier: MIT
// A store that was told its limits, while it is recorded to.
#include "store/limits.h"

#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "store/keeper.h"
#include "store/obstacle.h"
#include "store/verify.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/history.h"
#include "tests/store/small_disk.h"

using namespace hindstat;

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;

void record(const std::string& path, const std::vector<Snapshot>& history, std::size_t first, std::size_t last) {
  StoreWriter writer(path);
  for (std::size_t i = first; i < last; ++i) {
    writer.append(history[i]);
  }
}

std::uint64_t size_of(const std::string& path) {
  return std::filesystem::file_size(path);
}

// How large a file was at most, of what it was and what was done to it.
std::uint64_t largest_size(std::uint64_t size, const std::string& path, const std::vector<DiskOperation>& operations) {
  for (const DiskOperation& operation : operations) {
    if (operation.path == path && operation.kind == DiskOperation::Kind::write) {
      size = std::max(size, operation.offset + operation.bytes.size());
    }
  }
  return size;
}

} // namespace

TEST_CASE("a store far over its limits converges over several recordings, each of which does a bounded part",
          "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  constexpr std::size_t stored = 300;
  const std::vector<Snapshot> history = made_history(stored + 20, 4);
  FaultVfs vfs; // Counts what is done to the disk.
  record(path, history, 0, stored);
  Limits limits;
  limits.keep_ns = 30 * minute_ns;
  limits.max_bytes = 1'000'000'000;
  limits.thin = {{10 * minute_ns, 20 * minute_ns}};
  StoreKeeper(path).set_limits(limits);
  CHECK(Store(path).limits() == limits);
  std::vector<std::uint64_t> removed;
  for (std::size_t next = stored; next < history.size(); ++next) {
    vfs.heal();
    StoreWriter writer(path); // Each as a process of its own.
    writer.append(history[next]);
    CHECK(writer.prune_trouble().empty());
    CHECK(vfs.operations().size() < 1500);
    removed.push_back(writer.pruned().snapshots());
    if (!writer.pruned().is_partial) {
      break;
    }
  }
  constexpr std::uint64_t bound = 128;
  REQUIRE(removed.size() == 3);
  CHECK(removed[0] == bound);
  CHECK(removed[1] == bound);
  CHECK(removed[2] > 0);
  CHECK(removed[2] <= bound);
  const auto kept = load_all_whole(path, history);
  CHECK(kept.size() == stored + removed.size() - removed[0] - removed[1] - removed[2]);
  // Of the last 20 minutes all, of the ten before them one or two; the last clocks count when they agree.
  CHECK(kept.size() >= 21);
  CHECK(kept.size() <= 28);
  for (std::size_t i = stored + removed.size() - 20; i < stored + removed.size(); ++i) {
    CHECK(kept.contains(i));
  }
  CHECK(verify_store(path).damage.empty());
}

TEST_CASE("a store with a limit of its size stays below it at every moment", "[store]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a.db");
  const std::vector<Snapshot> history = made_history(160, 20);
  FaultVfs vfs;
  constexpr std::size_t stored = 60;
  record(path, history, 0, stored);
  Limits limits;
  limits.max_bytes = size_of(path) / 4 * 5;
  StoreKeeper(path).set_limits(limits);
  StoreWriter writer(path);
  int pruned = 0;
  for (std::size_t i = stored; i < history.size(); ++i) {
    vfs.heal();
    const std::uint64_t before = size_of(path);
    writer.append(history[i]);
    INFO("snapshot " << i);
    REQUIRE(writer.prune_trouble().empty());
    REQUIRE(largest_size(before, path, vfs.operations()) <= *limits.max_bytes);
    pruned += writer.pruned().snapshots() != 0 ? 1 : 0;
  }
  CHECK(pruned > 1);
  CHECK(pruned < 100); // Not at every recording.
  const auto kept = load_all_whole(path, history);
  CHECK(kept.size() > 10);
  CHECK(kept.contains(history.size() - 1));
  CHECK(*kept.rbegin() - *kept.begin() + 1 == kept.size());
  CHECK(verify_store(path).damage.empty());
}

TEST_CASE("on a full disk limits make room before a recording, and without them it is exit 75", "[store]") {
  const TemporaryDirectory directory;
  SmallDisk disk(directory);
  if (!disk.mount(300)) {
    WARN("skipped: mounting a small file system in a namespace of one's own needs privileges");
    return;
  }
  const std::string path = disk.file("a.db");
  const std::vector<Snapshot> history = made_history(300, 20);
  std::size_t stored = 0;
  const auto append_until_full = [&] {
    StoreWriter writer(path);
    for (; stored < history.size(); ++stored) {
      writer.append(history[stored]);
    }
  };
  const auto require_full = [&] {
    try {
      append_until_full();
      FAIL("the disk has room for all");
    } catch (const Error& e) {
      CHECK(e.code() == ExitCode::try_again);
      CHECK(obstacle_of(e) == Obstacle::full);
      CHECK(std::string(e.what()).starts_with(path + ": the disk is full (a reserve is kept"));
    }
  };
  require_full();
  require_full();
  REQUIRE(stored > 20);
  REQUIRE(stored + 10 < history.size());
  REQUIRE(load_all_whole(path, history).size() == stored);
  // A pruning that a recording would not be due for makes room, because there is none.
  Limits limits;
  limits.keep_ns = 10 * minute_ns;
  StoreKeeper(path).set_limits(limits);
  for (int more = 0; more < 10; ++more, ++stored) {
    StoreWriter writer(path);
    writer.append(history[stored]);
    CHECK(writer.prune_trouble().empty());
    CHECK((more > 0 || writer.pruned().snapshots() > 0));
  }
  const auto kept = load_all_whole(path, history);
  CHECK(kept.size() <= 40);
  CHECK(kept.contains(stored - 1));
  CHECK(verify_store(path).damage.empty());
}
