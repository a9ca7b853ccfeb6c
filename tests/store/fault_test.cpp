// SPDX-License-Identifier: MIT
// Writes that fail and power that goes, at every single write: what was acknowledged is whole, the next recording
// works.
#include <cstdlib>
#include <filesystem>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/store/fault_vfs.h"
#include "tests/store/history.h"
#include "tests/store/sweep.h"

using namespace hindstat;
namespace fs = std::filesystem;

namespace {

/// A store that holds the first snapshots of a history, and the writer's next step from there.
class Recording {
public:
  Recording(std::size_t stored, std::size_t rows)
    : history_(made_history(static_cast<int>(stored) + 2, rows)), stored_(stored) {
    if (stored_ > 0) {
      StoreWriter writer(path());
      for (std::size_t i = 0; i < stored_; ++i) {
        writer.append(history_[i]);
      }
    }
    restore();
  }

  [[nodiscard]] std::string path() const {
    return directory_.file("x.db");
  }
  [[nodiscard]] const std::vector<Snapshot>& history() const {
    return history_;
  }
  [[nodiscard]] std::size_t stored() const {
    return stored_;
  }
  [[nodiscard]] const Snapshot& next() const {
    return history_[stored_];
  }
  [[nodiscard]] DiskContent content() const {
    DiskContent content;
    for (const auto& file : fs::directory_iterator(directory_.file(""))) {
      content[file.path()] = read_bytes(file.path());
    }
    return content;
  }
  /// Makes the directory hold these files and no others.
  void hold(const DiskContent& content) const {
    for (const auto& file : fs::directory_iterator(directory_.file(""))) {
      fs::remove(file.path());
    }
    for (const auto& [path, bytes] : content) {
      write_bytes(path, bytes);
    }
  }
  /// Back to what was stored at the beginning.
  void restore() {
    if (before_) {
      hold(*before_);
    } else {
      before_ = content();
    }
  }

private:
  TemporaryDirectory directory_;
  std::vector<Snapshot> history_;
  std::size_t stored_;
  std::optional<DiskContent> before_;
};

/// Records the next snapshots as a new process would: the one that may be missing first.
void require_recording_goes_on(const Recording& recording) {
  StoreWriter writer(recording.path());
  for (std::size_t i = recording.stored(); i < recording.history().size(); ++i) {
    writer.append(recording.history()[i]);
  }
  REQUIRE(load_all_whole(recording.path(), recording.history()).size() == recording.history().size());
}

/// Whether the store can be read: one that is being created may not be there yet.
bool has_begun(const Recording& recording) {
  return recording.stored() > 0 || fs::exists(recording.path());
}

void require_all_acknowledged(const Recording& recording) {
  if (recording.stored() > 0) {
    require_whole(recording.path(), recording.history(), recording.stored());
  } else if (has_begun(recording)) {
    try {
      require_whole(recording.path(), recording.history(), 0);
    } catch (const Error&) {
      // Not yet a store.
    }
  }
}

enum class Retry { same_writer, new_writer };

/// Lets each operation of one append fail in turn. Returns how many there are.
std::size_t fail_everywhere(Recording& recording, FaultVfs::Failing failing, bool disk_full, Retry retry) {
  FaultVfs vfs;
  for (std::size_t operation = 1;; ++operation) {
    INFO("operation " << operation << (failing == FaultVfs::Failing::once ? "" : " and all after it")
                      << (disk_full ? ": disk full" : ": broken disk"));
    recording.restore();
    std::optional<StoreWriter> writer;
    bool acknowledged = false;
    vfs.fail_at(operation, failing, disk_full);
    try {
      writer.emplace(recording.path());
      writer->append(recording.next());
      acknowledged = true;
    } catch (const Error& e) {
      REQUIRE_THAT(e.what(), Catch::StartsWith(recording.path() + ": "));
    }
    const bool failed = vfs.has_failed();
    vfs.heal();
    require_all_acknowledged(recording);
    if (acknowledged) {
      require_whole(recording.path(), recording.history(), recording.stored() + 1);
    }
    if (writer && retry == Retry::same_writer) {
      writer->append(recording.next());
      require_whole(recording.path(), recording.history(), recording.stored() + 1);
    }
    writer.reset();
    require_recording_goes_on(recording);
    if (!failed && acknowledged) {
      return operation - 1;
    }
    REQUIRE(operation < 2000);
  }
}

void fail_everywhere_in_all_ways(Recording& recording, std::size_t least_operations) {
  for (const auto failing : {FaultVfs::Failing::once, FaultVfs::Failing::from_then_on}) {
    for (const auto retry : {Retry::same_writer, Retry::new_writer}) {
      CHECK(fail_everywhere(recording, failing, false, retry) >= least_operations);
      static_cast<void>(fail_everywhere(recording, failing, true, retry));
    }
  }
}

/// How often what is left to chance is tried at each operation.
int rounds() {
  return std::max(1, soak_rounds(10) / 10);
}

/// What one append does to the disk, beginning where the recording is.
std::vector<DiskOperation> operations_of_append(const Recording& recording, FaultVfs& vfs) {
  vfs.heal();
  StoreWriter(recording.path()).append(recording.next());
  std::vector<DiskOperation> operations = vfs.operations();
  if (recording.stored() == 0) { // The file itself is made before SQLite opens it.
    operations.insert(operations.begin(), {DiskOperation::Kind::create, recording.path(), 0, {}, false});
  }
  return operations;
}

/// Cuts the power behind operations of one append: every `stride`-th one, all in a soak, and always the last. Returns
/// in how many of the states that a disk may have when the append was acknowledged its snapshot is lost; the earlier
/// ones are never.
std::size_t cut_power_everywhere(Recording& recording, bool syncs_directory, std::size_t stride = 1) {
  FaultVfs vfs;
  const DiskContent before = recording.content();
  std::vector<DiskOperation> operations = operations_of_append(recording, vfs);
  for (DiskOperation& operation : operations) {
    operation.is_durable = operation.is_durable && syncs_directory;
  }
  std::size_t lost = 0;
  std::set<std::pair<bool, DiskContent>> seen;
  Rng rng(52);
  std::vector<std::size_t> moments = swept(operations.size(), stride);
  moments.push_back(operations.size());
  std::size_t tried = 0;
  for (const std::size_t done : moments) {
    say_progress("moments at which the power goes", ++tried, moments.size());
    for (const auto unsynced :
         {Unsynced::lost, Unsynced::written, Unsynced::torn, Unsynced::some, Unsynced::some_torn}) {
      const bool by_chance = unsynced == Unsynced::some || unsynced == Unsynced::some_torn;
      for (int round = 0; round < (by_chance ? 2 * rounds() : 1); ++round) {
        INFO("power cut behind operation " << done << " of " << operations.size() << ", unsynced writes: "
                                           << static_cast<int>(unsynced) << ", round " << round);
        const DiskContent content = after_power_cut(before, operations, done, unsynced, rng);
        if (!seen.emplace(done == operations.size(), content).second) {
          continue;
        }
        recording.hold(content);
        require_all_acknowledged(recording);
        if (done == operations.size()) { // Acknowledged.
          lost += load_all_whole(recording.path(), recording.history()).contains(recording.stored()) ? 0U : 1U;
        }
        require_recording_goes_on(recording);
      }
    }
  }
  return lost;
}

} // namespace

TEST_CASE("an append that fails at any of its writes loses nothing, and the next one works", "[store]") {
  Recording recording(3, 12);
  fail_everywhere_in_all_ways(recording, 12);
}

TEST_CASE("creating a store that fails at any of its writes is made good by the next recording", "[store]") {
  Recording recording(0, 6);
  fail_everywhere_in_all_ways(recording, 20);
}

TEST_CASE("power that goes at any moment of an append loses nothing that was acknowledged", "[store][soak]") {
  for (const std::size_t rows : {12U, 60U}) {
    Recording recording(3, rows);
    CHECK(cut_power_everywhere(recording, true) == 0);
  }
}

TEST_CASE("power that goes while a store is created is made good by the next recording", "[store][soak]") {
  Recording recording(0, 6);
  CHECK(cut_power_everywhere(recording, true, 5) == 0);
}

TEST_CASE("without syncing the directory a power cut would take an acknowledged snapshot back", "[store]") {
  // Which is why commits are made with synchronous = EXTRA; and shows that the tests above can fail.
  Recording recording(3, 12);
  CHECK(cut_power_everywhere(recording, false) > 0);
}
