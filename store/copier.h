// SPDX-License-Identifier: MIT
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/connection.h"
#include "store/merge.h"
#include "store/transfer.h"

namespace hindstat {

/// What becomes of a snapshot of the other store.
enum class Fate { copy, known, removed, pruned };

/// Brings snapshots from one store into another, in short transactions on both sides. `begin(from, to)` gives what
/// carries those of one transaction: a Transfer, or what has its copy(), from(), to() and bytes().
template <typename Begin>
class Copier {
public:
  /// Whether to take a snapshot that is not in `to`.
  using Choose = std::function<Fate(StoreSide& to, const SnapshotRecord& record)>;

  Copier(Connection& from, Connection& to, Choose choose, Begin begin)
    : from_(&from), to_(&to), choose_(std::move(choose)), begin_(std::move(begin)) {
  }

  /// Throws Error with the path; what was committed by then stays.
  [[nodiscard]] Merge run() {
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
  using Clock = std::chrono::steady_clock;
  // How long a writer of the other store may be kept waiting, and how much one transaction here holds.
  static constexpr std::chrono::milliseconds longest_batch{1000};
  static constexpr std::uint64_t most_batch_bytes = std::uint64_t{64} << 20;

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
        auto carrier = begin_(from_->database(), to_->database());
        const auto end = Clock::now() + longest_batch;
        do {
          take(items_[next_], carrier);
          ++next_;
        } while (next_ < items_.size() && Clock::now() < end && carrier.bytes() < most_batch_bytes);
      }
      writing.commit();
    });
  }

  template <typename Carrier>
  void take(const Item& item, Carrier& carrier) {
    if (const auto boot = boot_of(item.uid)) {
      boots_[item.boot] = *boot;
      ++merge_.known;
      return;
    }
    try {
      const auto record = carrier.from().records.find_snapshot(item.id);
      if (!record) {
        return; // It was pruned meanwhile.
      }
      switch (choose_(carrier.to(), *record)) {
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
      boots_[item.boot] = carrier.copy(*record, before != boots_.end() ? std::optional(before->second) : std::nullopt);
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
  Begin begin_;
  std::vector<Item> items_;
  std::size_t next_ = 0;
  std::map<std::int64_t, std::int64_t> boots_; // Where the snapshots of a boot row of `from` went last.
  Merge merge_;
};

} // namespace hindstat
