// SPDX-License-Identifier: MIT
// Removing breaks three kinds of ties: a snapshot uses the block of an earlier one (capture.stored_at), a block is a
// change set against an earlier one (base_id), and so are captures (captures_base). For the first the block moves on to
// the next snapshot that stays, which is where readers look (Records::find_block). For the others the rest of the chain
// is packed again: slots and dictionary ids of a change set mean those of its base.
#include "store/removal.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "store/chain.h"
#include "store/connection.h"
#include "store/file_header.h"

namespace hindstat {

namespace {

// The sequences of what goes from one boot row.
struct Span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// Takes snapshots out of one boot row. What is there is read first; nothing is written before all captures are packed.
class BootRemoval {
public:
  BootRemoval(SQLite::Database& database, std::int64_t boot, const std::set<std::int64_t>& ids)
    : database_(&database), boot_(boot), ids_(&ids) {
  }

  Removal run(const Span& span, std::string_view reason, std::int64_t gone_ns) {
    look(span);
    for (const SnapshotRecord& record : packed_captures_) {
      records_.update_captures(record);
      ++done_.rekeyed;
    }
    move_blocks();
    repack_chains();
    for (const SnapshotRecord& record : gone_) {
      records_.insert_tombstone(tombstone_of(record, reason, gone_ns));
      done_.blocks += execute("DELETE FROM block WHERE snapshot_id = ?", record.id);
      done_.snapshots += execute("DELETE FROM snapshot WHERE id = ?", record.id);
    }
    return done_;
  }

private:
  // From the first that goes to where nothing depends on one any more.
  void look(const Span& span) {
    kept_sequence_ = records_.sequence_before(boot_, span.first);
    if (kept_sequence_ != 0) {
      keep(records_.find_snapshots(boot_, kept_sequence_, 1).front());
    }
    constexpr std::size_t at_once = 256;
    std::vector<FoundSnapshot> found;
    for (std::uint64_t from = span.first;; from = found.back().record.sequence + 1) {
      found = records_.find_snapshots(boot_, from, at_once);
      for (const FoundSnapshot& snapshot : found) {
        const bool depends = look_at(snapshot);
        if (!depends && snapshot.record.sequence > span.last) {
          return;
        }
      }
      if (found.size() < at_once) {
        return;
      }
    }
  }

  // False for one that stays and whose captures need nothing that changes: so do all that stand on it.
  bool look_at(const FoundSnapshot& snapshot) {
    const SnapshotRecord& record = snapshot.record;
    if (ids_->contains(record.id)) {
      for (const auto& [table, block] : blocks_of(record.id)) {
        last_blocks_[table] = block;
      }
      changed_.insert(record.sequence);
      gone_.push_back(record);
      gone_.back().captures.clear();
      return true;
    }
    inherit(snapshot);
    const bool undamaged = snapshot.damage.empty();
    const bool depends = !undamaged || (record.captures_base && changed_.contains(*record.captures_base));
    if (undamaged && depends) {
      pack_captures(record);
    } else {
      captures_end_.reset();
    }
    keep(snapshot);
    return depends;
  }

  void keep(const FoundSnapshot& snapshot) {
    kept_sequence_ = snapshot.record.sequence;
    last_kept_ = snapshot.damage.empty() ? std::optional(snapshot.record) : std::nullopt;
  }

  // The first that stays gets the tables that it shares with those before it that go.
  void inherit(const FoundSnapshot& snapshot) {
    const std::map<std::string, std::int64_t> left = std::move(last_blocks_);
    last_blocks_.clear();
    if (left.empty()) {
      return;
    }
    std::optional<std::vector<Capture>> captures;
    try {
      if (snapshot.damage.empty()) {
        captures = to_captures(chains_.load_captures(snapshot.record));
      }
    } catch (const Error&) { // Damaged: those after it may need them nevertheless.
    }
    const auto own = blocks_of(snapshot.record.id);
    for (const auto& [table, block] : left) {
      const auto shares = [&, &name = table](const Capture& capture) {
        return capture.table == name && capture.stored_at && *capture.stored_at > kept_sequence_;
      };
      if (!own.contains(table) && (!captures || std::ranges::any_of(*captures, shares))) {
        moves_.emplace_back(block, snapshot.record.id);
      }
    }
  }

  void pack_captures(const SnapshotRecord& record) {
    changed_.insert(record.sequence);
    try {
      const LoadedTable content = chains_.load_captures(record);
      if (last_kept_ && last_kept_->captures_layout != record.captures_layout) {
        captures_end_.reset();
      } else if (!captures_end_ && last_kept_) {
        captures_end_ = chains_.load_captures(*last_kept_);
      }
      SnapshotRecord packed = record;
      Encoded next = pack_behind(captures_end_, content, chains_.decoder());
      packed.captures_base = next.keyframe ? std::nullopt : std::optional(kept_sequence_);
      packed.captures = std::move(next.payload);
      packed_captures_.push_back(std::move(packed));
    } catch (const Error&) { // They could not be read before.
      captures_end_.reset();
    }
  }

  void move_blocks() {
    SQLite::Statement move(*database_, "UPDATE block SET snapshot_id = ? WHERE id = ?");
    for (const auto& [block, snapshot] : moves_) {
      move.reset();
      move.bind(1, snapshot);
      move.bind(2, block);
      done_.moved += static_cast<std::uint64_t>(move.exec());
    }
  }

  // Of each part of a chain that loses blocks, from the first of them.
  void repack_chains() {
    for (const SnapshotRecord& record : gone_) {
      for (const auto& [table, block] : blocks_of(record.id)) {
        doomed_.insert(block);
      }
    }
    for (const std::int64_t block : doomed_) {
      if (is_first_of_chain_to_go(block)) {
        walk(block);
      }
    }
  }

  // A block, the table that it stands on as it is read now, and the end of the chain that stays.
  struct Step {
    std::int64_t block = 0;
    std::optional<LoadedTable> base;
    std::optional<LoadedTable> end;
  };

  [[nodiscard]] bool is_first_of_chain_to_go(std::int64_t block) {
    std::set<std::int64_t> seen;
    for (auto base = base_of(block); base && seen.insert(*base).second; base = base_of(*base)) {
      if (doomed_.contains(*base)) {
        return false;
      }
    }
    return true;
  }

  void walk(std::int64_t first) {
    if (standing_on(first).empty()) {
      return;
    }
    std::vector<Step> steps(1);
    steps.front().block = first;
    try {
      if (const auto base = base_of(first)) {
        steps.front().base = chains_.load_table(*base);
        steps.front().end = steps.front().base;
      }
    } catch (const Error&) {
      cut_off(first);
      return;
    }
    while (!steps.empty()) {
      Step step = std::move(steps.back());
      steps.pop_back();
      if (!walked_.insert(step.block).second) { // A circle
        continue;
      }
      const std::vector<std::int64_t> next = standing_on(step.block);
      const bool goes = doomed_.contains(step.block);
      if (goes && next.empty()) {
        continue;
      }
      try {
        LoadedTable content =
          step.base ? chains_.load_next(std::move(*step.base), step.block) : chains_.load_table(step.block);
        if (!goes) {
          repack(step.end, content);
        }
        for (std::size_t i = 0; i + 1 < next.size(); ++i) {
          steps.push_back({next[i], content, step.end});
        }
        if (!next.empty()) { // Mostly there is one: copies of large tables would cost more than packing them.
          steps.push_back({next.back(), std::move(content), std::move(step.end)});
        }
      } catch (const Error&) {
        cut_off(step.block);
      }
    }
  }

  void repack(std::optional<LoadedTable>& end, const LoadedTable& content) {
    if (end && end->layout != content.layout) {
      end.reset();
    }
    const std::optional<std::int64_t> base = end ? std::optional(end->block.id) : std::nullopt;
    const Encoded next = pack_behind(end, content, chains_.decoder());
    end->block.base_id = next.keyframe ? std::nullopt : base;
    records_.update_block(end->block, next.payload);
    ++done_.rekeyed;
  }

  // What stands on a block that cannot be read: nobody could read it before, and it must not refer to what is gone.
  void cut_off(std::int64_t block) {
    for (std::vector<std::int64_t> left{block}; !left.empty();) {
      const std::int64_t next = left.back();
      left.pop_back();
      walked_.insert(next);
      if (!doomed_.contains(next)) {
        execute("UPDATE block SET base_id = NULL WHERE id = ?", next);
        continue;
      }
      std::ranges::copy_if(standing_on(next), std::back_inserter(left),
                           [this](std::int64_t id) { return !walked_.contains(id); });
    }
  }

  [[nodiscard]] std::map<std::string, std::int64_t> blocks_of(std::int64_t snapshot_id) {
    SQLite::Statement select(*database_, "SELECT l.table_name, b.id FROM block b LEFT JOIN layout l ON l.id ="
                                         " b.layout_id WHERE b.snapshot_id = ?");
    select.bind(1, snapshot_id);
    std::map<std::string, std::int64_t> blocks;
    while (select.executeStep()) {
      blocks.emplace(select.getColumn(0).getString(), select.getColumn(1).getInt64());
    }
    return blocks;
  }

  [[nodiscard]] std::optional<std::int64_t> base_of(std::int64_t block) {
    SQLite::Statement select(*database_, "SELECT base_id FROM block WHERE id = ?");
    select.bind(1, block);
    if (!select.executeStep() || select.isColumnNull(0)) {
      return std::nullopt;
    }
    return select.getColumn(0).getInt64();
  }

  [[nodiscard]] std::vector<std::int64_t> standing_on(std::int64_t block) {
    SQLite::Statement select(*database_, "SELECT id FROM block WHERE base_id = ? ORDER BY id");
    select.bind(1, block);
    std::vector<std::int64_t> blocks;
    while (select.executeStep()) {
      blocks.push_back(select.getColumn(0).getInt64());
    }
    return blocks;
  }

  std::uint64_t execute(const char* sql, std::int64_t id) {
    SQLite::Statement statement(*database_, sql);
    statement.bind(1, id);
    return static_cast<std::uint64_t>(statement.exec());
  }

  SQLite::Database* database_;
  std::int64_t boot_;
  const std::set<std::int64_t>* ids_;
  Layouts layouts_{*database_};
  Records records_{*database_, layouts_};
  ChainReader chains_{*database_, layouts_, records_};
  std::vector<SnapshotRecord> gone_;                         // Without their captures.
  std::set<std::uint64_t> changed_;                          // Sequences whose captures go or are packed anew.
  std::map<std::string, std::int64_t> last_blocks_;          // By table, of those that go since the last that stays.
  std::vector<std::pair<std::int64_t, std::int64_t>> moves_; // Block and its new snapshot.
  std::uint64_t kept_sequence_ = 0;                          // Of the last that stays.
  std::optional<SnapshotRecord> last_kept_;                  // The same, if it is sound.
  std::optional<LoadedTable> captures_end_;                  // What the next captures are packed behind.
  std::vector<SnapshotRecord> packed_captures_;
  std::set<std::int64_t> doomed_;
  std::set<std::int64_t> walked_;
  Removal done_;
};

} // namespace

Removal remove_snapshots(SQLite::Database& database, const std::set<std::int64_t>& ids, std::string_view reason,
                         std::int64_t gone_ns) {
  database.exec("PRAGMA defer_foreign_keys = ON"); // Until the commit: a base may go before what stands on it.
  std::map<std::int64_t, Span> boots;
  SQLite::Statement select(database, "SELECT boot_id, sequence FROM snapshot WHERE id = ?");
  for (const std::int64_t id : ids) {
    select.reset();
    select.bind(1, id);
    if (select.executeStep()) {
      const auto sequence = static_cast<std::uint64_t>(select.getColumn(1).getInt64());
      Span& span = boots.try_emplace(select.getColumn(0).getInt64(), Span{sequence, sequence}).first->second;
      span = {std::min(span.first, sequence), std::max(span.last, sequence)};
    }
  }
  Removal done;
  for (const auto& [boot, span] : boots) {
    const Removal part = BootRemoval(database, boot, ids).run(span, reason, gone_ns);
    done.snapshots += part.snapshots;
    done.blocks += part.blocks;
    done.moved += part.moved;
    done.rekeyed += part.rekeyed;
  }
  return done;
}

Removal remove_from_store(const std::string& path, const std::vector<SnapshotId>& ids) {
  std::ignore = open_to_look(resolve_directory(path), path); // A writer would create it.
  Connection connection(path, Connection::Mode::write, default_file_mode, "nothing was removed");
  return connection.run([&] {
    connection.database().exec("PRAGMA secure_delete = ON"); // Zeros where the snapshot was.
    SQLite::Transaction transaction(connection.database(), SQLite::TransactionBehavior::IMMEDIATE);
    std::set<std::int64_t> wanted;
    SQLite::Statement select(connection.database(), "SELECT 1 FROM snapshot WHERE id = ?");
    for (const SnapshotId id : ids) {
      select.reset();
      select.bind(1, id.value());
      if (!select.executeStep()) {
        throw Error(fmt::format("no snapshot {}; nothing was removed", id.value()));
      }
      wanted.insert(id.value());
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const Removal done = remove_snapshots(connection.database(), wanted, removed_reason,
                                          std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    select.reset();
    transaction.commit();
    return done;
  });
}

} // namespace hindstat
