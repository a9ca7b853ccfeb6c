// SPDX-License-Identifier: MIT
// From snapshot to snapshot in place. Both sides are kept whole: a change set is applied to the table after, and to the
// table before when the next step begins, so that what it touched can be looked at on both sides. The content sum of
// each block is verified by the rows that were touched alone: the sum of what stays is known.
#include "store/walk.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "store/store_impl.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

bool has_known_columns(const LoadedTable& loaded, const TableSpec& spec) {
  return loaded.layout->spec().columns.data() == spec.columns.data();
}

Table* find_table(Snapshot& snapshot, const TableSpec& spec) {
  const auto it =
    std::ranges::find_if(snapshot.tables, [&](const Table& table) { return table.spec().name == spec.name; });
  return it == snapshot.tables.end() ? nullptr : &*it;
}

void put_table(Snapshot& snapshot, const TableSpec& spec, Table table) {
  if (Table* known = find_table(snapshot, spec)) {
    *known = std::move(table);
    return;
  }
  const auto position = std::ranges::find_if(snapshot.tables, [&](const Table& other) {
    const TableSpec* known = find_table_spec(other.spec().name);
    return known != nullptr && known > &spec; // Both are in the catalog.
  });
  snapshot.tables.insert(position, std::move(table));
}

// A set of slots, which come in no order.
class SlotSet {
public:
  void add(std::span<const std::uint32_t> slots) {
    for (const std::uint32_t slot : slots) {
      if (slot / 64 >= words_.size()) {
        words_.resize(slot / 64 + 1, 0);
      }
      words_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    }
  }
  /// Those below `limit`, ascending.
  [[nodiscard]] std::vector<std::uint32_t> below(std::size_t limit) const {
    std::vector<std::uint32_t> slots;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t word = words_[i]; word != 0; word &= word - 1) {
        const std::size_t slot = 64 * i + static_cast<std::size_t>(std::countr_zero(word));
        if (slot >= limit) {
          return slots;
        }
        slots.push_back(static_cast<std::uint32_t>(slot));
      }
    }
    return slots;
  }

private:
  std::vector<std::uint64_t> words_;
};

} // namespace

SnapshotWalk::SnapshotWalk(const Store& store, std::vector<SnapshotId> ids, std::vector<std::string> tables)
  : store_(store.impl_.get()), ids_(std::move(ids)), tables_(std::move(tables)) {
  store_->load([&] {
    advance(ids_.at(0));
    return true;
  });
  position_ = 1;
  catch_up();
}

bool SnapshotWalk::next() {
  if (position_ == ids_.size()) {
    return false;
  }
  const SnapshotId id = ids_[position_++];
  catch_up();
  try {
    store_->load([&] {
      advance(id);
      return true;
    });
  } catch (...) {
    start_again();
    throw;
  }
  return true;
}

// Makes before() what after() is, so that after() can go on.
void SnapshotWalk::catch_up() {
  before_.info = after_.info;
  before_.captures = after_.captures;
  id_before_ = id_after_;
  std::erase_if(before_.tables, [&](const Table& table) {
    return std::ranges::none_of(walked_, [&](const Walked& walked) { return walked.spec->name == table.spec().name; });
  });
  for (Walked& walked : walked_) {
    if (walked.reloaded) {
      put_table(before_, *walked.spec, *find_table(after_, *walked.spec));
    } else if (!walked.behind.empty()) {
      Table& table = *find_table(before_, *walked.spec);
      for (std::size_t i = 0; i < walked.behind.size(); ++i) {
        store_->chains.decoder().apply(walked.behind[i], walked.behind_rows[i], table);
      }
    }
    walked.reloaded = false;
    walked.behind.clear();
    walked.behind_rows.clear();
  }
  touched_.clear();
  for (const Walked& walked : walked_) {
    touched_.push_back({walked.spec->name, {}, {}});
  }
}

// after() may be anything: what is before it is taken again, and every table loaded anew at the next step.
void SnapshotWalk::start_again() {
  after_ = before_;
  id_after_ = id_before_;
  for (Walked& walked : walked_) {
    walked.loaded.block.id = 0;
    walked.stored_at = 0;
    walked.reloaded = false;
    walked.behind.clear();
    walked.behind_rows.clear();
  }
  catch_up();
}

bool SnapshotWalk::is_wanted(const TableSpec& spec) const {
  return tables_.empty() || std::ranges::find(tables_, spec.name) != tables_.end();
}

void SnapshotWalk::advance(SnapshotId id) {
  const SnapshotRecord record = store_->find(id);
  after_.captures = to_captures(store_->chains.load_captures(record));
  after_.info = record.info;
  if (record.boot_id != boot_id_) {
    for (Walked& walked : walked_) {
      walked.stored_at = 0; // Sequences count within a boot row.
    }
    boot_id_ = record.boot_id;
  }
  for (const TableSpec& spec : catalog()) {
    const auto stored_at = is_wanted(spec) ? find_stored_at(after_.captures, spec.name) : std::nullopt;
    if (stored_at) {
      advance_table(record, spec, *stored_at);
      continue;
    }
    std::erase_if(walked_, [&](const Walked& walked) { return walked.spec == &spec; });
    std::erase_if(after_.tables, [&](const Table& table) { return table.spec().name == spec.name; });
    std::erase_if(touched_, [&](const TouchedRows& rows) { return rows.table == spec.name; });
  }
  id_after_ = id;
}

void SnapshotWalk::advance_table(const SnapshotRecord& record, const TableSpec& spec, std::uint64_t stored_at) {
  auto walked = std::ranges::find(walked_, &spec, &Walked::spec);
  if (walked != walked_.end() && walked->stored_at == stored_at) {
    return;
  }
  try {
    const auto block = store_->records.find_block(record.boot_id, stored_at, record.sequence, std::string(spec.name));
    if (!block) {
      throw Error("its block is missing");
    }
    if (walked == walked_.end()) {
      Walked fresh;
      fresh.spec = &spec;
      walked = walked_.insert(std::ranges::upper_bound(walked_, &spec, {}, &Walked::spec), std::move(fresh));
    } else if (walked->loaded.block.id == block->id || try_to_follow(*walked, block->id)) {
      walked->stored_at = stored_at;
      return;
    }
    reload(*walked, block->id);
    walked->stored_at = stored_at;
  } catch (const Error& e) {
    throw Error(fmt::format("snapshot {}, table {}: {}", record.id, spec.name, e.what()), e.code());
  }
}

void SnapshotWalk::reload(Walked& walked, std::int64_t block_id) {
  walked.loaded = store_->chains.load_table(block_id, walked.row_hashes);
  walked.reloaded = true;
  if (has_known_columns(walked.loaded, *walked.spec)) {
    put_table(after_, *walked.spec, std::exchange(walked.loaded.table, Table(walked.loaded.layout->spec())));
  } else {
    put_table(after_, *walked.spec, to_known_spec(walked.loaded, *walked.spec));
  }
  std::erase_if(touched_, [&](const TouchedRows& rows) { return rows.table == walked.spec->name; });
}

bool SnapshotWalk::try_to_follow(Walked& walked, std::int64_t block_id) {
  try {
    return follow_chain(walked, block_id);
  } catch (const Error&) {
    return false; // Damaged, or packed anew by another process since the step before: loading the whole tells which.
  }
}

bool SnapshotWalk::follow_chain(Walked& walked, std::int64_t block_id) {
  auto links = walked.loaded.block.id != 0 ? store_->chains.find_links(walked.loaded, block_id) : std::nullopt;
  if (!links) {
    return false;
  }
  const bool known = has_known_columns(walked.loaded, *walked.spec);
  Table& table = known ? *find_table(after_, *walked.spec) : walked.loaded.table;
  const std::size_t rows_before = table.size();
  SlotSet slots;
  for (const ChainLink& link : *links) {
    slots.add(store_->chains.apply(link, table));
  }
  TouchedRows touched{walked.spec->name, slots.below(rows_before), slots.below(table.size())};

  const BlockRecord& last = links->back().block;
  std::uint64_t sum = walked.loaded.block.content_sum;
  for (const std::uint32_t row : touched.before) {
    sum -= walked.row_hashes[row];
  }
  walked.row_hashes.resize(table.size());
  const std::vector<std::uint64_t> hashes = table.row_hashes(touched.after);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    sum += hashes[i];
    walked.row_hashes[touched.after[i]] = hashes[i];
  }
  if (sum != last.content_sum) {
    throw Error(fmt::format("block {} is damaged (its rows have another content sum)", last.id));
  }
  walked.loaded.block = last;
  if (known) {
    for (ChainLink& link : *links) {
      walked.behind.push_back(std::move(link.payload));
      walked.behind_rows.push_back(link.block.row_count);
    }
  } else {
    put_table(after_, *walked.spec, to_known_spec(walked.loaded, *walked.spec));
    walked.reloaded = true;
  }
  *std::ranges::find(touched_, walked.spec->name, &TouchedRows::table) = std::move(touched);
  return true;
}

} // namespace hindstat
