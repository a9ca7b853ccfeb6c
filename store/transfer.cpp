// SPDX-License-Identifier: MIT
#include "store/transfer.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "store/checksum.h"

namespace hindstat {

namespace {

std::string payload_of(SQLite::Database& database, std::int64_t block) {
  SQLite::Statement select(database, "SELECT payload FROM block WHERE id = ?");
  select.bind(1, block);
  if (!select.executeStep()) {
    throw Error(fmt::format("block {} is missing", block));
  }
  return select.getColumn(0).getString();
}

// Each table of a snapshot that has rows somewhere, once.
std::vector<Capture> stored_tables(const std::vector<Capture>& all) {
  std::vector<Capture> tables;
  std::set<std::string> seen;
  for (const Capture& capture : all) {
    if (capture.stored_at && seen.insert(capture.table).second) {
      tables.push_back(capture);
    }
  }
  return tables;
}

} // namespace

void require_possible(const SnapshotRecord& record) {
  constexpr std::size_t uid_bytes = 16;
  constexpr std::uint64_t highest_sequence = std::uint64_t{1} << 48;
  if (record.uid.size() != uid_bytes || record.sequence == 0 || record.sequence > highest_sequence) {
    throw Error(fmt::format("snapshot {} has an impossible uid or sequence", record.id));
  }
}

// `from` may be a stranger's: what is held of it at one time may take as much memory as one load.
LoadBudget Transfer::budget_for(const std::string& table) const {
  LoadBudget budget(memory_limit_);
  for (const auto& [name, loaded] : at_) {
    if (name != table) {
      budget.add_payload(loaded.sizes.bytes());
      budget.take(decoding_bytes(loaded.layout->spec(), loaded.table.size()));
    }
  }
  return budget;
}

LoadedTable Transfer::load_captures(const SnapshotRecord& record) {
  from_.chains.begin_load(budget_for({}));
  return from_.chains.load_captures(record);
}

// Two stores that began as one file may have recorded different snapshots under the same number: then the second
// lives on under an origin of its own.
void Transfer::place(SnapshotRecord& copied, std::optional<std::int64_t> boot) {
  copied.boot_id = boot ? *boot : to_.records.find_or_insert_boot(copied.origin, copied.info);
  if (is_taken(copied.boot_id, copied)) {
    const std::string fork = Checksum().add(copied.origin).add(copied.uid).value128();
    copied.boot_id = to_.records.find_or_insert_boot(fork, copied.info);
  }
  SQLite::Statement select(*to_.database, "SELECT origin FROM boot WHERE id = ?");
  select.bind(1, copied.boot_id);
  select.executeStep();
  copied.origin = select.getColumn(0).getString();
}

bool Transfer::is_taken(std::int64_t boot, const SnapshotRecord& record) {
  SQLite::Statement select(*to_.database,
                           "SELECT 1 FROM snapshot WHERE boot_id = ?1 AND sequence = ?2 UNION ALL"
                           " SELECT 1 FROM tombstone WHERE boot_id = ?1 AND sequence = ?2 AND uid != ?3");
  select.bind(1, boot);
  select.bind(2, static_cast<std::int64_t>(record.sequence));
  select.bind(3, record.uid.data(), static_cast<int>(record.uid.size()));
  return select.executeStep();
}

std::int64_t Transfer::copy(const SnapshotRecord& record, std::optional<std::int64_t> boot) {
  require_possible(record);
  const LoadedTable content = load_captures(record);
  SnapshotRecord copied = record;
  place(copied, boot);
  std::vector<NewBlock> blocks;
  for (const Capture& capture : stored_tables(to_captures(content))) {
    try {
      if (auto block = take_table(record, copied.boot_id, capture)) {
        blocks.push_back(std::move(*block));
      }
    } catch (const Error& e) {
      throw Error(fmt::format("snapshot {}, table {}: {}", record.id, capture.table, e.what()));
    }
  }
  take_captures(record, content, copied);
  insert(copied, std::move(blocks));
  return copied.boot_id;
}

std::vector<LostTable> Transfer::copy_sound(const SnapshotRecord& record) {
  require_possible(record);
  const LoadedTable content = load_captures(record);
  SnapshotRecord copied = record;
  place(copied, std::nullopt);
  std::vector<Capture> all = to_captures(content);
  std::vector<NewBlock> blocks;
  std::vector<LostTable> lost;
  for (const Capture& capture : stored_tables(all)) {
    try {
      if (auto block = take_table(record, copied.boot_id, capture)) {
        blocks.push_back(std::move(*block));
      }
    } catch (const Error& e) {
      lost.push_back({capture.table, e.what()});
    } catch (const SQLite::Exception& e) {
      lost.push_back({capture.table, e.what()});
    }
  }
  if (lost.empty()) {
    take_captures(record, content, copied);
  } else {
    TableBuilder builder(captures);
    for (Capture& capture : all) {
      const auto found = std::ranges::find(lost, capture.table, &LostTable::table);
      if (found != lost.end()) {
        capture.status = CaptureStatus::failed;
        capture.detail = "lost by damage of the store: " + found->reason;
        capture.rows = 0;
        capture.stored_at.reset();
      }
      builder.add(capture);
    }
    const Layout& layout = to_.layouts.find_or_insert(captures.spec());
    pack_captures(LoadedTable{std::move(builder).build(), &layout, {}, {}}, copied);
  }
  insert(copied, std::move(blocks));
  return lost;
}

// nullopt when `to` has the table already, in a snapshot before.
std::optional<Transfer::NewBlock> Transfer::take_table(const SnapshotRecord& record, std::int64_t boot,
                                                       const Capture& capture) {
  const auto placed = from_.records.find_block(record.boot_id, *capture.stored_at, record.sequence, capture.table);
  if (!placed) {
    throw Error("its block is missing");
  }
  const LoadedTable& content = load(placed->id);
  if (placed->sequence != record.sequence
      && to_.records.find_block(boot, *capture.stored_at, record.sequence - 1, capture.table)) {
    return std::nullopt;
  }
  const Layout& layout = to_.layouts.find_or_insert(content.layout->table_name(), content.layout->columns_json());
  NewBlock block{placed->id, content.block, {}, false, std::nullopt};
  block.record.layout_id = layout.id();
  const auto base = content.block.base_id ? counterpart(*content.block.base_id) : std::nullopt;
  if (!content.block.base_id || (base && base->same)) {
    block.record.base_id = base ? std::optional(base->id) : std::nullopt;
    block.payload = payload_of(*from_.database, placed->id);
    block.same = true;
    return block;
  }
  std::optional<LoadedTable> end;
  if (base) {
    const auto known = ends_.find(capture.table);
    end = known != ends_.end() && known->second.block.id == base->id ? known->second : to_.chains.load_table(base->id);
  }
  LoadedTable packed = content;
  packed.layout = &layout;
  Encoded next = pack_behind(end, packed, to_.chains.decoder());
  block.record.base_id = next.keyframe ? std::nullopt : std::optional(base->id);
  block.payload = std::move(next.payload);
  block.end = std::move(end);
  return block;
}

// A chain is walked once: mostly the block stands on the one loaded before.
const LoadedTable& Transfer::load(std::int64_t block_id) {
  const BlockRecord block = from_.records.load_block(block_id);
  const std::string& table = from_.layouts.get(block.layout_id).table_name();
  const auto known = at_.find(table);
  if (known != at_.end() && known->second.block.id == block_id) {
    return known->second;
  }
  from_.chains.begin_load(budget_for(table));
  if (known != at_.end() && block.base_id == known->second.block.id) {
    LoadedTable base = std::move(known->second);
    at_.erase(known);
    return at_.emplace(table, from_.chains.load_next(std::move(base), block_id)).first->second;
  }
  at_.erase(table);
  return at_.emplace(table, from_.chains.load_table(block_id)).first->second;
}

std::optional<Transfer::Counterpart> Transfer::counterpart(std::int64_t block_id) {
  if (const auto known = counterparts_.find(block_id); known != counterparts_.end()) {
    return known->second;
  }
  counterparts_[block_id] = std::nullopt; // While it is looked for: a circle has none.
  const auto found = find_counterpart(from_.records.load_block(block_id));
  counterparts_[block_id] = found;
  return found;
}

std::optional<Transfer::Counterpart> Transfer::find_counterpart(const BlockRecord& block) {
  SQLite::Statement where(*from_.database,
                          "SELECT s.uid FROM block b JOIN snapshot s ON s.id = b.snapshot_id WHERE b.id = ?");
  where.bind(1, block.id);
  if (!where.executeStep()) {
    return std::nullopt;
  }
  const std::string uid = where.getColumn(0).getString();
  const Layout& layout = from_.layouts.get(block.layout_id);
  SQLite::Statement there(*to_.database,
                          "SELECT b.id FROM snapshot s JOIN block b ON b.snapshot_id = s.id JOIN layout l ON l.id ="
                          " b.layout_id WHERE s.uid = ? AND l.checksum = ? AND l.table_name = ?");
  there.bind(1, uid.data(), static_cast<int>(uid.size()));
  there.bind(2, static_cast<std::int64_t>(layout.checksum()));
  there.bind(3, layout.table_name());
  if (!there.executeStep()) {
    return std::nullopt;
  }
  const BlockRecord mine = to_.records.load_block(there.getColumn(0).getInt64());
  if (mine.row_count != block.row_count || mine.content_sum != block.content_sum) {
    return std::nullopt;
  }
  bool same = mine.checksum == block.checksum && mine.base_id.has_value() == block.base_id.has_value();
  if (same && block.base_id) {
    const auto base = counterpart(*block.base_id);
    same = base && base->same && base->id == *mine.base_id;
  }
  return Counterpart{mine.id, same};
}

void Transfer::take_captures(const SnapshotRecord& record, const LoadedTable& content, SnapshotRecord& copied) {
  if (!record.captures_base || same_captures(record.boot_id, copied.boot_id, *record.captures_base)) {
    const Layout& layout = to_.layouts.find_or_insert(content.layout->table_name(), content.layout->columns_json());
    copied.captures_layout = layout.id();
    same_captures_[{copied.boot_id, copied.sequence}] = true;
    return;
  }
  LoadedTable packed = content;
  packed.layout = &to_.layouts.find_or_insert(content.layout->table_name(), content.layout->columns_json());
  pack_captures(std::move(packed), copied);
}

void Transfer::pack_captures(LoadedTable content, SnapshotRecord& copied) {
  std::optional<LoadedTable> end;
  std::optional<std::uint64_t> base;
  if (captures_end_ && captures_end_->boot == copied.boot_id && captures_end_->sequence < copied.sequence
      && captures_end_->end.layout == content.layout) {
    end = std::move(captures_end_->end);
    base = captures_end_->sequence;
  }
  Encoded next = pack_behind(end, content, to_.chains.decoder());
  copied.captures_layout = content.layout->id();
  copied.captures_rows = content.table.size();
  copied.captures_base = next.keyframe ? std::nullopt : base;
  copied.captures = std::move(next.payload);
  same_captures_[{copied.boot_id, copied.sequence}] = false;
  captures_end_ = CapturesEnd{copied.boot_id, copied.sequence, std::move(*end)};
}

// Whether both stores have the same bytes for the captures of a sequence and of all that it stands on.
bool Transfer::same_captures(std::int64_t from_boot, std::int64_t to_boot, std::uint64_t sequence) {
  std::vector<std::uint64_t> asked;
  bool same = false;
  for (std::optional<std::uint64_t> at = sequence; at;) {
    if (const auto known = same_captures_.find({to_boot, *at}); known != same_captures_.end()) {
      same = known->second;
      break;
    }
    const auto theirs = from_.records.find_snapshot(from_boot, *at);
    const auto mine = to_.records.find_snapshot(to_boot, *at);
    asked.push_back(*at);
    same = theirs && mine && theirs->uid == mine->uid && theirs->captures == mine->captures
           && from_.layouts.get(theirs->captures_layout).checksum() == to_.layouts.get(mine->captures_layout).checksum()
           && theirs->captures_base == mine->captures_base && theirs->captures_rows == mine->captures_rows
           && (!theirs->captures_base || *theirs->captures_base < *at);
    if (!same) {
      break;
    }
    at = theirs->captures_base;
  }
  for (const std::uint64_t at : asked) {
    same_captures_[{to_boot, at}] = same;
  }
  return same;
}

void Transfer::insert(const SnapshotRecord& copied, std::vector<NewBlock> blocks) {
  to_.records.delete_tombstone(copied.uid);
  const std::int64_t id = to_.records.insert_snapshot(copied);
  bytes_ += copied.captures.size();
  for (NewBlock& block : blocks) {
    const std::int64_t block_id = to_.records.insert_block(id, block.record, block.payload);
    bytes_ += block.payload.size();
    counterparts_[block.from_id] = Counterpart{block_id, block.same};
    if (block.end) {
      block.end->block = block.record;
      block.end->block.id = block_id;
      const std::string table = block.end->layout->table_name();
      ends_.insert_or_assign(table, std::move(*block.end));
    }
  }
}

} // namespace hindstat
