// SPDX-License-Identifier: MIT
// Import and export: whole snapshots from store to store. What is committed is whole, and what is known is skipped, so
// that an import that was interrupted is simply repeated.
#include "store/merge.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "store/connection.h"
#include "store/copier.h"
#include "store/disguised_transfer.h"
#include "store/notes.h"
#include "store/pseudonym_file.h"
#include "store/transfer.h"

namespace hindstat {

namespace {

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

// Marks, pins and gaps for which `is_wanted` is true; damaged ones stay behind. `disguise`: nullptr for none.
template <typename IsWanted>
void merge_notes(Connection& from, Connection& to, Disguise* disguise, IsWanted&& is_wanted) {
  StoreNotes notes = from.run([&] { return Notes(from.database()).load(); });
  std::erase_if(notes.marks, [&](const Mark& mark) { return !is_wanted(mark.host, mark.at_ns, mark.at_ns); });
  std::erase_if(notes.gaps, [&](const Gap& gap) { return !is_wanted(gap.host, gap.first_ns, gap.last_ns); });
  to.run([&] {
    SQLite::Transaction writing(to.database(), SQLite::TransactionBehavior::IMMEDIATE);
    StoreSide side(to.database());
    const auto is_here = [&](const Pin& pin) {
      const std::string uid = parse_uid(pin.uid);
      return side.records.find_uid(disguise != nullptr ? disguise->uid(uid) : uid).has_value();
    };
    std::erase_if(notes.pins, [&](const Pin& pin) { return !is_here(pin); });
    if (disguise != nullptr) {
      notes = disguise->notes(std::move(notes));
    }
    Notes(to.database()).merge(notes);
    writing.commit();
  });
}

// The uids of `from`, of what is there and of what is gone, by what they are in `to`.
std::map<std::string, std::string> uids_by_disguise(Connection& from, const Disguise& disguise) {
  return from.run([&] {
    std::map<std::string, std::string> uids;
    SQLite::Statement select(from.database(), "SELECT uid FROM snapshot UNION ALL SELECT uid FROM tombstone");
    while (select.executeStep()) {
      const std::string uid = select.getColumn(0).getString();
      uids.emplace(disguise.uid(uid), uid);
    }
    return uids;
  });
}

// What an exported snapshot names as the one before it, and is not in the new file.
void bury_left_out(Connection& from, Connection& to, Disguise* disguise) {
  std::vector<TombstoneRecord> stones;
  auto previous = to.run([&] {
    std::vector<std::string> uids;
    SQLite::Statement select(to.database(), "SELECT DISTINCT previous FROM snapshot WHERE previous IS NOT NULL AND"
                                            " previous NOT IN (SELECT uid FROM snapshot)");
    while (select.executeStep()) {
      uids.push_back(select.getColumn(0).getString());
    }
    return uids;
  });
  if (disguise != nullptr) {
    const auto known = uids_by_disguise(from, *disguise);
    std::erase_if(previous, [&](const std::string& uid) { return !known.contains(uid); });
    std::ranges::transform(previous, previous.begin(), [&](const std::string& uid) { return known.at(uid); });
  }
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
      side.records.merge_tombstone(disguise != nullptr ? disguise->tombstone(stone) : stone);
    }
    writing.commit();
  });
}

// `begin` is what Copier wants; `disguise`: nullptr for none.
template <typename Begin>
Merge export_part(const std::string& from_path, const std::string& to_path, const ExportChoice& choice,
                  Disguise* disguise, Begin&& begin) {
  if (exists(to_path)) {
    throw Error(fmt::format("{}: is there already; an export makes a new file", to_path));
  }
  Connection from(from_path, Connection::Mode::read);
  const auto is_host = [&choice](const std::string& host) {
    return choice.hosts.empty() || std::ranges::find(choice.hosts, host) != choice.hosts.end();
  };
  try {
    Connection to(to_path, Connection::Mode::write, default_file_mode, "nothing was exported");
    const auto choose = [&](StoreSide&, const SnapshotRecord& record) {
      const std::int64_t at = record.info.clocks.realtime_ns;
      const bool chosen = is_host(record.info.host) && (!choice.since_ns || at >= *choice.since_ns)
                          && (!choice.until_ns || at <= *choice.until_ns);
      return chosen ? Fate::copy : Fate::known;
    };
    Merge merge = Copier(from, to, choose, std::forward<Begin>(begin)).run();
    if (merge.copied == 0) {
      throw Error(fmt::format("{}: no snapshot of these hosts and times that can be read", from_path));
    }
    bury_left_out(from, to, disguise);
    merge_notes(from, to, disguise, [&](const std::string& host, std::int64_t first_ns, std::int64_t last_ns) {
      return is_host(host) && (!choice.since_ns || last_ns >= *choice.since_ns)
             && (!choice.until_ns || first_ns <= *choice.until_ns);
    });
    return merge;
  } catch (...) {
    ::unlink(to_path.c_str());
    throw;
  }
}

Transfer begin_transfer(SQLite::Database& from, SQLite::Database& to) {
  return {from, to};
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
  Merge merge = Copier(from, to, choose, begin_transfer).run();
  merge_tombstones(from, to);
  merge_notes(from, to, nullptr, [](const std::string&, std::int64_t, std::int64_t) { return true; });
  return merge;
}

Merge export_store(const std::string& from_path, const std::string& to_path, const ExportChoice& choice) {
  return export_part(from_path, to_path, choice, nullptr, begin_transfer);
}

Merge export_anonymous(const std::string& from_path, const std::string& to_path, const ExportChoice& choice,
                       const std::string& map_path) {
  PseudonymFile map(map_path);
  Disguise disguise(map.pseudonyms());
  Merge merge = export_part(from_path, to_path, choice, &disguise, [&](SQLite::Database& from, SQLite::Database& to) {
    return DisguisedTransfer(from, to, disguise);
  });
  try {
    map.save();
  } catch (...) {
    ::unlink(to_path.c_str()); // Nobody could ever say what it is about.
    throw;
  }
  return merge;
}

} // namespace hindstat
