// SPDX-License-Identifier: MIT
#include "store/verify.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/chain.h"
#include "store/connection.h"
#include "store/file_header.h"
#include "store/limits.h"
#include "store/notes.h"
#include "store/records.h"

namespace hindstat {

namespace {

constexpr int most_messages = 100; // Of SQLite's integrity_check.

class Verifier {
public:
  explicit Verifier(SQLite::Database& database) : database_(&database) {
  }

  Verification run() {
    check("structure", [this] { check_structure(); });
    check("foreign keys", [this] { check_foreign_keys(); });
    check("origin", [this] { std::ignore = records_.own_origin(); });
    check("layouts", [this] { check_layouts(); });
    check("tombstones", [this] { check_tombstones(); });
    check("notes", [this] { check_notes(); });
    check("settings", [this] { std::ignore = load_limits(*database_); });
    check("blocks", [this] { check_blocks(); });
    check("snapshots", [this] { check_snapshots(); });
    check("links", [this] { check_links(); });
    return std::move(found_);
  }

private:
  // What stops one check does not stop the others.
  template <typename Work>
  void check(const char* what, Work&& work) {
    try {
      work();
    } catch (const SQLite::Exception& e) {
      if ((e.getErrorCode() & 0xFF) == SQLITE_BUSY) {
        throw;
      }
      damaged(fmt::format("{}: {}", what, escape_terminal(e.what())));
    } catch (const Error& e) {
      damaged(fmt::format("{}: {}", what, e.what()));
    }
  }

  void damaged(std::string sentence) {
    if (std::ranges::find(found_.damage, sentence) == found_.damage.end()) {
      found_.damage.push_back(std::move(sentence));
    }
  }

  void check_structure() {
    SQLite::Statement select(*database_, fmt::format("PRAGMA integrity_check({})", most_messages));
    while (select.executeStep()) {
      if (const std::string message = select.getColumn(0).getString(); message != "ok") {
        damaged(fmt::format("structure: {}", escape_terminal(message)));
      }
    }
    SQLite::Statement numbers(*database_, "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'snapshot'),"
                                          " (SELECT coalesce(max(id), 0) FROM snapshot),"
                                          " (SELECT count(*) FROM tombstone WHERE gone_here)");
    numbers.executeStep();
    const std::int64_t last = numbers.getColumn(0).getInt64();
    const std::int64_t highest = numbers.getColumn(1).getInt64();
    if (last < highest || last - highest > numbers.getColumn(2).getInt64()) {
      damaged(
        fmt::format("structure: the last id given out is said to be {}, the highest snapshot is {}", last, highest));
    }
  }

  void check_foreign_keys() {
    SQLite::Statement select(*database_, "PRAGMA foreign_key_check");
    while (select.executeStep()) {
      damaged(fmt::format("row {} of table {} refers to a row of table {} that is not there",
                          select.getColumn(1).getInt64(), escape_terminal(select.getColumn(0).getString()),
                          escape_terminal(select.getColumn(2).getString())));
    }
  }

  void check_layouts() {
    for (const std::int64_t id : ids("SELECT id FROM layout")) {
      check("layouts", [&] { std::ignore = layouts_.get(id); });
    }
  }

  void check_tombstones() {
    SQLite::Statement select(*database_, "SELECT uid FROM tombstone");
    while (select.executeStep()) {
      const std::string uid = select.getColumn(0).getString();
      known_.insert(uid);
      check("tombstones", [&] {
        if (const auto stone = records_.find_tombstone(uid)) {
          ++found_.gone[stone->reason];
        }
      });
    }
  }

  void check_notes() {
    for (std::string& sentence : Notes(*database_).load().damage) {
      damaged(std::move(sentence));
    }
  }

  // From each keyframe along its chain, so that each payload is unpacked once. What is not reached stands on what is
  // not there, or on itself.
  void check_blocks() {
    std::map<std::int64_t, std::vector<std::int64_t>> standing_on;
    std::vector<std::int64_t> keyframes;
    SQLite::Statement select(*database_, "SELECT id, base_id FROM block NOT INDEXED ORDER BY id");
    while (select.executeStep()) {
      const std::int64_t id = select.getColumn(0).getInt64();
      unreached_.insert(id);
      ++found_.blocks;
      if (select.isColumnNull(1)) {
        keyframes.push_back(id);
      } else {
        standing_on[select.getColumn(1).getInt64()].push_back(id);
      }
    }
    for (const std::int64_t keyframe : keyframes) {
      check_chain(keyframe, standing_on);
    }
    for (const std::int64_t id : unreached_) {
      unsound_.emplace(id, "it stands on nothing");
    }
    for (const auto& [id, reason] : unsound_) {
      damaged(fmt::format("block {}: {}", id, reason));
    }
  }

  void check_chain(std::int64_t keyframe, const std::map<std::int64_t, std::vector<std::int64_t>>& standing_on) {
    struct Step {
      std::int64_t block = 0;
      std::optional<LoadedTable> base;
    };
    std::vector<Step> steps(1);
    steps.front().block = keyframe;
    while (!steps.empty()) {
      Step step = std::move(steps.back());
      steps.pop_back();
      std::optional<LoadedTable> loaded;
      unreached_.erase(step.block);
      try {
        loaded = step.base ? chains_.load_next(std::move(*step.base), step.block) : chains_.load_table(step.block);
      } catch (const Error& e) {
        cut_off(step.block, e.what(), standing_on);
        continue;
      } catch (const SQLite::Exception& e) {
        cut_off(step.block, escape_terminal(e.what()), standing_on);
        continue;
      }
      if (const auto next = standing_on.find(step.block); next != standing_on.end()) {
        for (std::size_t i = 0; i + 1 < next->second.size(); ++i) {
          steps.push_back({next->second[i], loaded});
        }
        steps.push_back({next->second.back(), std::move(loaded)});
      }
    }
  }

  void cut_off(std::int64_t block, const std::string& reason,
               const std::map<std::int64_t, std::vector<std::int64_t>>& standing_on) {
    unsound_[block] = reason;
    std::vector<std::int64_t> left{block};
    std::set<std::int64_t> seen;
    while (!left.empty()) {
      const std::int64_t id = left.back();
      left.pop_back();
      const auto next = standing_on.find(id);
      if (!seen.insert(id).second || next == standing_on.end()) {
        continue;
      }
      for (const std::int64_t dependent : next->second) {
        unreached_.erase(dependent);
        unsound_[dependent] = fmt::format("it stands on block {}, which is damaged", id);
        left.push_back(dependent);
      }
    }
  }

  void check_snapshots() {
    for (const std::int64_t boot : ids("SELECT DISTINCT boot_id FROM snapshot NOT INDEXED ORDER BY boot_id")) {
      constexpr std::int64_t at_once = 256;
      std::uint64_t from = 0;
      for (std::vector<FoundSnapshot> found;; from = found.back().record.sequence + 1) {
        found = records_.find_snapshots(boot, from, at_once);
        for (const FoundSnapshot& snapshot : found) {
          ++found_.snapshots;
          check_snapshot(snapshot);
        }
        if (found.size() < static_cast<std::size_t>(at_once)) {
          break;
        }
      }
    }
    // What the index does not lead to was not looked at.
    const std::int64_t rows = database_->execAndGet("SELECT count(*) FROM snapshot NOT INDEXED").getInt64();
    if (static_cast<std::uint64_t>(rows) != found_.snapshots) {
      damaged(fmt::format("snapshots: {} of {} can be found", found_.snapshots, rows));
    }
  }

  void check_snapshot(const FoundSnapshot& snapshot) {
    const SnapshotRecord& record = snapshot.record;
    known_.insert(record.uid);
    if (record.previous) {
      previous_.emplace_back(record.id, *record.previous);
    }
    if (!snapshot.damage.empty()) {
      damaged(snapshot.damage);
      costs(record, "");
      return;
    }
    std::vector<Capture> captures;
    try {
      captures = to_captures(chains_.load_captures(record));
    } catch (const Error& e) {
      damaged(fmt::format("snapshot {}: {}", record.id, e.what()));
      costs(record, "");
      return;
    }
    std::set<std::string> seen;
    for (const Capture& capture : captures) {
      if (!capture.stored_at || !seen.insert(capture.table).second) {
        continue;
      }
      try {
        const auto block = records_.find_block(record.boot_id, *capture.stored_at, record.sequence, capture.table);
        if (!block) {
          damaged(
            fmt::format("snapshot {}, table {}: its block is missing", record.id, escape_terminal(capture.table)));
        }
        if (!block || unsound_.contains(block->id)) {
          costs(record, capture.table);
        }
      } catch (const Error& e) {
        damaged(fmt::format("snapshot {}, table {}: {}", record.id, escape_terminal(capture.table), e.what()));
        costs(record, capture.table);
      }
    }
  }

  void check_links() {
    for (const auto& [id, uid] : previous_) {
      if (!known_.contains(uid)) {
        damaged(fmt::format("the snapshot before snapshot {} is missing (uid {})", id, format_uid(uid)));
      }
    }
  }

  void costs(const SnapshotRecord& record, const std::string& table) {
    const std::int64_t at = record.info.clocks.realtime_ns;
    auto cost = std::ranges::find_if(
      found_.costs, [&](const DamageCost& known) { return known.host == record.info.host && known.table == table; });
    if (cost == found_.costs.end()) {
      found_.costs.push_back({record.info.host, table, 0, record.id, record.id, at, at});
      cost = std::prev(found_.costs.end());
    }
    ++cost->snapshots;
    cost->first_id = std::min(cost->first_id, record.id);
    cost->last_id = std::max(cost->last_id, record.id);
    cost->first_ns = std::min(cost->first_ns, at);
    cost->last_ns = std::max(cost->last_ns, at);
  }

  [[nodiscard]] std::vector<std::int64_t> ids(const char* sql) {
    std::vector<std::int64_t> found;
    SQLite::Statement select(*database_, sql);
    while (select.executeStep()) {
      found.push_back(select.getColumn(0).getInt64());
    }
    return found;
  }

  SQLite::Database* database_;
  Layouts layouts_{*database_};
  Records records_{*database_, layouts_};
  ChainReader chains_{*database_, layouts_, records_};
  Verification found_;
  std::set<std::int64_t> unreached_;                           // Blocks that no chain led to yet.
  std::map<std::int64_t, std::string> unsound_;                // Blocks, and why.
  std::set<std::string> known_;                                // Uids of snapshots and tombstones.
  std::vector<std::pair<std::int64_t, std::string>> previous_; // snapshot.id and the uid before it.
};

} // namespace

Verification verify_store(const std::string& path) {
  const UniqueFd look = open_to_look(resolve_directory(path), path);
  Verification found;
  try {
    if (read_file_kind(look, path) == FileKind::empty) {
      throw Error(fmt::format("{}: is empty", path));
    }
    Connection connection(path, Connection::Mode::read);
    return connection.run([&] {
      const SQLite::Transaction transaction(connection.database());
      return Verifier(connection.database()).run();
    });
  } catch (const Error& e) {
    if (e.code() == ExitCode::try_again) {
      throw;
    }
    found.damage.emplace_back(e.what());
  }
  return found;
}

} // namespace hindstat
