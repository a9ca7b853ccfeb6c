// SPDX-License-Identifier: MIT
#include "store/disguised_transfer.h"

#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "tables/catalog.h"
#include "tables/interface.h"

namespace hindstat {

namespace {

struct FoundTable {
  const TableSpec* spec = nullptr;
  std::int64_t block = 0;
};

// Each table that has rows somewhere and that this program knows, once.
std::vector<std::pair<const TableSpec*, std::uint64_t>> stored_tables(const std::vector<Capture>& all) {
  std::vector<std::pair<const TableSpec*, std::uint64_t>> tables;
  std::set<std::string_view> seen;
  for (const Capture& capture : all) {
    const TableSpec* spec = find_table_spec(capture.table);
    if (spec != nullptr && capture.stored_at && seen.insert(spec->name).second) {
      tables.emplace_back(spec, *capture.stored_at);
    }
  }
  return tables;
}

} // namespace

std::int64_t DisguisedTransfer::copy(const SnapshotRecord& record, std::optional<std::int64_t> boot) {
  require_possible(record);
  from_.chains.begin_load(LoadBudget(memory_limit_));
  const std::vector<Capture> all = to_captures(from_.chains.load_captures(record));
  SnapshotRecord copied = disguise_->record(record);
  copied.boot_id = boot ? *boot : to_.records.find_or_insert_boot(copied.origin, copied.info);
  if (copied.boot_id != boot_) {
    at_.clear();
    ends_.clear();
    captures_end_.reset();
    boot_ = copied.boot_id;
  }
  std::vector<NewBlock> blocks = pack_tables(record, all, copied.boot_id);
  auto captures_end = pack_captures(all, copied);
  const std::int64_t id = to_.records.insert_snapshot(copied);
  bytes_ += copied.captures.size();
  for (NewBlock& block : blocks) {
    block.end.block = block.record;
    block.end.block.id = to_.records.insert_block(id, block.record, block.payload);
    bytes_ += block.payload.size();
    ends_.insert_or_assign(block.table, std::move(block.end));
  }
  captures_end_ = std::move(captures_end);
  sequence_ = copied.sequence;
  return copied.boot_id;
}

std::vector<DisguisedTransfer::NewBlock>
DisguisedTransfer::pack_tables(const SnapshotRecord& record, const std::vector<Capture>& all, std::int64_t boot) {
  std::vector<FoundTable> found;
  for (const auto& [spec, stored_at] : stored_tables(all)) {
    const std::string name(spec->name);
    const auto placed = from_.records.find_block(record.boot_id, stored_at, record.sequence, name);
    if (!placed) {
      throw Error(fmt::format("snapshot {}, table {}: its block is missing", record.id, name));
    }
    const bool is_there =
      placed->sequence != record.sequence && to_.records.find_block(boot, stored_at, record.sequence - 1, name);
    if (!is_there) {
      found.push_back({spec, placed->id});
    }
  }
  std::vector<NewBlock> blocks;
  std::vector<Table> tables;
  for (const FoundTable& table : found) {
    try {
      tables.push_back(to_known_spec(load(table.block), *table.spec));
      if (table.spec->name == interfaces.name()) {
        disguise_->learn_interfaces(tables.back());
      }
    } catch (const Error& e) {
      throw Error(fmt::format("snapshot {}, table {}: {}", record.id, table.spec->name, e.what()));
    }
  }
  for (Table& table : tables) {
    blocks.push_back(pack(disguise_->table(table)));
    table = Table(table.spec()); // A large one is gone before the next is packed.
  }
  return blocks;
}

// A chain is walked once: mostly the block stands on the one loaded before.
const LoadedTable& DisguisedTransfer::load(std::int64_t block_id) {
  const BlockRecord block = from_.records.load_block(block_id);
  const std::string& table = from_.layouts.get(block.layout_id).table_name();
  const auto known = at_.find(table);
  if (known != at_.end() && known->second.block.id == block_id) {
    return known->second;
  }
  if (known != at_.end() && block.base_id == known->second.block.id) {
    LoadedTable base = std::move(known->second);
    at_.erase(known);
    return at_.emplace(table, from_.chains.load_next(std::move(base), block_id)).first->second;
  }
  return at_.insert_or_assign(table, from_.chains.load_table(block_id)).first->second;
}

DisguisedTransfer::NewBlock DisguisedTransfer::pack(Table hidden) {
  const Layout& layout = to_.layouts.find_or_insert(hidden.spec());
  LoadedTable content{std::move(hidden), &layout, {}, {}};
  content.block.layout_id = layout.id();
  content.block.row_count = content.table.size();
  content.block.content_sum = content.table.content_sum();
  std::optional<LoadedTable> end;
  std::optional<std::int64_t> base;
  if (const auto known = ends_.find(layout.table_name()); known != ends_.end()) {
    base = known->second.block.id;
    end = std::move(known->second);
    ends_.erase(known); // Without it the next one is a keyframe, should this one not come to be.
  }
  Encoded next = pack_behind(end, content, to_.chains.decoder());
  BlockRecord record = content.block;
  record.base_id = next.keyframe ? std::nullopt : base;
  return {layout.table_name(), record, std::move(next.payload), std::move(*end)};
}

std::optional<LoadedTable> DisguisedTransfer::pack_captures(const std::vector<Capture>& all, SnapshotRecord& copied) {
  TableBuilder builder(captures);
  for (const Capture& capture : all) {
    if (find_table_spec(capture.table) != nullptr) {
      builder.add(disguise_->capture(capture));
    }
  }
  const Layout& layout = to_.layouts.find_or_insert(captures.spec());
  const LoadedTable content{std::move(builder).build(), &layout, {}, {}};
  std::optional<LoadedTable> end = std::move(captures_end_);
  captures_end_.reset();
  Encoded next = pack_behind(end, content, to_.chains.decoder());
  copied.captures_layout = layout.id();
  copied.captures_rows = content.table.size();
  copied.captures_base = next.keyframe ? std::nullopt : std::optional(sequence_);
  copied.captures = std::move(next.payload);
  return end;
}

} // namespace hindstat
