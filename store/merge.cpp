// SPDX-License-Identifier: MIT
// Import and export: whole snapshots from store to store, in short transactions on both sides. What is committed is
// whole, and what is known is skipped, so that an import that was interrupted is simply repeated.
#include "store/merge.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/connection.h"
#include "store/notes.h"
#include "store/transfer.h"

namespace hindstat {

namespace {

using Clock = std::chrono::steady_clock;

// How long a writer of the other store may be kept waiting, and how much one transaction here holds.
constexpr std::chrono::milliseconds longest_batch{1000};
constexpr std::uint64_t most_batch_bytes = std::uint64_t{64} << 20;

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat a {};
  struct stat b {};
  return ::stat(one.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

enum class Fate { copy, known, removed, pruned };

// Brings snapshots from one store into another.
class Copier {
public:
  /// Whether to take a snapshot that is not in `to`.
  using Choose = std::function<Fate(StoreSide& to, const SnapshotRecord& record)>;

  Copier(Connection& from, Connection& to, Choose choose) : from_(&from), to_(&to), choose_(std::move(choose)) {
  }

  Merge run() {
    from_->run([&] {
      const SQLite::Transaction transaction(from_->database());
      SQLite::Statement select(from_->database(), "SELECT id, boot_id, uid FROM snapshot ORDER BY boot_id, sequence");
      while (select.executeStep()) {
        items_.push_back(
          {select.getColumn(0).getInt64(), select.getColumn(1).getInt64(), select.getColumn(2).getString()});
      }
    });
    while (next_ < items_.size()) {
      run_batch();
    }
    return std::move(merge_);
  }

private:
  struct Item {
    std::int64_t id = 0;
    std::int64_t boot = 0;
    std::string uid;
  };

  void run_batch() {
    std::optional<SQLite::Transaction> reading;
    from_->run([&] {
      reading.emplace(from_->database());
      from_->database().execAndGet("SELECT count(*) FROM store");
    });
    to_->run([&] {
      SQLite::Transaction writing(to_->database(), SQLite::TransactionBehavior::IMMEDIATE);
      {
        // Between two batches others may have written: what is known of the blocks holds for one.
        Transfer transfer(from_->database(), to_->database());
        const auto end = Clock::now() + longest_batch;
        do {
          take(items_[next_], transfer);
          ++next_;
        } while (next_ < items_.size() && Clock::now() < end && transfer.bytes() < most_batch_bytes);
      }
      writing.commit();
    });
  }

  void take(const Item& item, Transfer& transfer) {
    if (const auto boot = boot_of(item.uid)) {
      boots_[item.boot] = *boot;
      ++merge_.known;
      return;
    }
    try {
      const auto record = transfer.from().records.find_snapshot(item.id);
      if (!record) {
        return; // It was pruned meanwhile.
      }
      switch (choose_(transfer.to(), *record)) {
        case Fate::known:
          return;
        case Fate::removed:
          ++merge_.removed;
          return;
        case Fate::pruned:
          ++merge_.pruned;
          return;
        case Fate::copy:
          break;
      }
      const auto before = boots_.find(item.boot);
      boots_[item.boot] = transfer.copy(*record, before != boots_.end() ? std::optional(before->second) : std::nullopt);
      ++merge_.copied;
    } catch (const Error& e) {
      merge_.damaged.push_back(fmt::format("{}: {}", from_->path(), e.what()));
    } catch (const SQLite::Exception& e) {
      if ((e.getErrorCode() & 0xFF) != SQLITE_CORRUPT) {
        throw;
      }
      merge_.damaged.push_back(fmt::format("{}: snapshot {}: {}", from_->path(), item.id, escape_terminal(e.what())));
    }
  }

  [[nodiscard]] std::optional<std::int64_t> boot_of(const std::string& uid) {
    SQLite::Statement select(to_->database(), "SELECT boot_id FROM snapshot WHERE uid = ?");
    select.bind(1, uid.data(), static_cast<int>(uid.size()));
    return select.executeStep() ? std::optional(select.getColumn(0).getInt64()) : std::nullopt;
  }

  Connection* from_;
  Connection* to_;
  Choose choose_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
  std::map<std::int64_t, std::int64_t> boots_; // Where the snapshots of a boot row of `from` went last.
  Merge merge_;
};

void merge_tombstones(Connection& from, Connection& to) {
  const auto stones = from.run([&] {
    StoreSide side(from.database());
    return side.records.all_tombstones();
  });
  to.run([&] {
    SQLite::Transaction writing(to.database(), SQLite::TransactionBehavior::IMMEDIATE);
    StoreSide side(to.database());
    for (const TombstoneRecord& stone : stones) {
      side.records.merge_tombstone(stone);
    }
    writing.commit();
  });
}

// Marks, pins and gaps for which `is_wanted` is true; damaged ones stay behind.
template <typename IsWanted>
void merge_notes(Connection& from, Connection& to, IsWanted&& is_wanted) {
  StoreNotes notes = from.run([&] { return Notes(from.database()).load(); });
  std::erase_if(notes.marks, [&](const Mark& mark) { return !is_wanted(mark.host, mark.at_ns, mark.at_ns); });
  std::erase_if(notes.gaps, [&](const Gap& gap) { return !is_wanted(gap.host, gap.first_ns, gap.last_ns); });
  to.run([&] {
    SQLite::Transaction writing(to.database(), SQLite::TransactionBehavior::IMMEDIATE);
    StoreSide side(to.database());
    std::erase_if(notes.pins, [&](const Pin& pin) { return !side.records.find_uid(parse_uid(pin.uid)); });
    Notes(to.database()).merge(notes);
    writing.commit();
  });
}

// What an exported snapshot names as the one before it, and is not in the new file.
void bury_left_out(Connection& from, Connection& to) {
  std::vector<TombstoneRecord> stones;
  const auto previous = to.run([&] {
    std::vector<std::string> uids;
    SQLite::Statement select(to.database(), "SELECT DISTINCT previous FROM snapshot WHERE previous IS NOT NULL AND"
                                            " previous NOT IN (SELECT uid FROM snapshot)");
    while (select.executeStep()) {
      uids.push_back(select.getColumn(0).getString());
    }
    return uids;
  });
  from.run([&] {
    StoreSide side(from.database());
    for (const std::string& uid : previous) {
      if (const auto id = side.records.find_uid(uid)) {
        const auto found = side.records.find_snapshot(*id);
        stones.push_back(tombstone_of(*found, not_exported_reason, now_ns()));
      } else if (const auto stone = side.records.find_tombstone(uid)) {
        stones.push_back(*stone);
      }
    }
  });
  to.run([&] {
    SQLite::Transaction writing(to.database(), SQLite::TransactionBehavior::IMMEDIATE);
    StoreSide side(to.database());
    for (const TombstoneRecord& stone : stones) {
      side.records.merge_tombstone(stone);
    }
    writing.commit();
  });
}

} // namespace

Merge import_store(const std::string& to_path, const std::string& from_path, bool again) {
  if (is_same_file(to_path, from_path)) {
    throw Error(fmt::format("{}: is the store to import into", from_path));
  }
  Connection from(from_path, Connection::Mode::read);
  Connection to(to_path, Connection::Mode::write, default_file_mode, "not all was imported: repeat it");
  const auto choose = [again](StoreSide& side, const SnapshotRecord& record) {
    const auto stone = side.records.find_tombstone(record.uid);
    if (!stone || !stone->gone_here) {
      return Fate::copy;
    }
    if (stone->reason == removed_reason) {
      return again ? Fate::copy : Fate::removed;
    }
    return Fate::pruned;
  };
  Merge merge = Copier(from, to, choose).run();
  merge_tombstones(from, to);
  merge_notes(from, to, [](const std::string&, std::int64_t, std::int64_t) { return true; });
  return merge;
}

Merge export_store(const std::string& from_path, const std::string& to_path, const ExportChoice& choice) {
  if (exists(to_path)) {
    throw Error(fmt::format("{}: is there already; an export makes a new file", to_path));
  }
  Connection from(from_path, Connection::Mode::read);
  try {
    Connection to(to_path, Connection::Mode::write, default_file_mode, "nothing was exported");
    const auto choose = [&choice](StoreSide&, const SnapshotRecord& record) {
      const std::int64_t at = record.info.clocks.realtime_ns;
      const bool chosen =
        (choice.hosts.empty() || std::ranges::find(choice.hosts, record.info.host) != choice.hosts.end())
        && (!choice.since_ns || at >= *choice.since_ns) && (!choice.until_ns || at <= *choice.until_ns);
      return chosen ? Fate::copy : Fate::known;
    };
    Merge merge = Copier(from, to, choose).run();
    if (merge.copied == 0) {
      throw Error(fmt::format("{}: no snapshot of these hosts and times that can be read", from_path));
    }
    bury_left_out(from, to);
    merge_notes(from, to, [&choice](const std::string& host, std::int64_t first_ns, std::int64_t last_ns) {
      return (choice.hosts.empty() || std::ranges::find(choice.hosts, host) != choice.hosts.end())
             && (!choice.since_ns || last_ns >= *choice.since_ns) && (!choice.until_ns || first_ns <= *choice.until_ns);
    });
    return merge;
  } catch (...) {
    ::unlink(to_path.c_str());
    throw;
  }
}

} // namespace hindstat
