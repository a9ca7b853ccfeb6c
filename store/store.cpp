// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/gap_file.h"
#include "store/store_impl.h"
#include "tables/catalog.h"

namespace hindstat {

std::optional<std::uint64_t> find_stored_at(const std::vector<Capture>& all_captures, std::string_view table) {
  const auto capture = std::ranges::find_if(all_captures, [&](const Capture& candidate) {
    return candidate.table == table && candidate.stored_at.has_value();
  });
  return capture == all_captures.end() ? std::nullopt : capture->stored_at;
}

std::optional<Table> Store::Impl::load_table(const SnapshotRecord& record, const std::vector<Capture>& all_captures,
                                             const TableSpec& spec) {
  const auto stored_at = find_stored_at(all_captures, spec.name);
  if (!stored_at) {
    return std::nullopt;
  }
  try {
    const auto block = records.find_block(record.boot_id, *stored_at, record.sequence, std::string(spec.name));
    if (!block) {
      throw Error("its block is missing");
    }
    return to_known_spec(chains.load_table(block->id), spec);
  } catch (const Error& e) {
    throw Error(fmt::format("snapshot {}, table {}: {}", record.id, spec.name, e.what()));
  }
}

Store::Store(const std::string& path) : impl_(std::make_unique<Impl>(path)) {
}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

const std::string& Store::path() const {
  return impl_->connection.path();
}

std::vector<SnapshotEntry> Store::list() const {
  return impl_->read([&] {
    std::vector<SnapshotEntry> entries;
    for (SnapshotRecord& record : impl_->records.all_snapshots()) {
      entries.push_back({SnapshotId(record.id), format_uid(record.uid), std::move(record.info),
                         format_uid(record.previous.value_or(""))});
    }
    return entries;
  });
}

SoundEntries Store::list_sound() const {
  return impl_->read([&] {
    SoundEntries sound;
    for (FoundSnapshot& found : impl_->records.find_all_snapshots()) {
      if (found.damage.empty()) {
        sound.entries.push_back({SnapshotId(found.record.id), format_uid(found.record.uid),
                                 std::move(found.record.info), format_uid(found.record.previous.value_or(""))});
      } else {
        sound.damage.push_back(path() + ": " + found.damage);
      }
    }
    return sound;
  });
}

SnapshotSize Store::size_of(SnapshotId id) const {
  return impl_->load([&] {
    const SnapshotRecord record = impl_->find(id);
    SnapshotSize size{record.captures.size(), 0};
    const std::uint64_t before = impl_->records.sequence_before(record.boot_id, record.sequence);
    std::set<std::string> counted; // A table of several namespaces has as many captures and one block.
    for (const Capture& capture : to_captures(impl_->chains.load_captures(record))) {
      if (!capture.stored_at || *capture.stored_at <= before || !counted.insert(capture.table).second) {
        continue;
      }
      const auto block = impl_->records.find_block(record.boot_id, *capture.stored_at, record.sequence, capture.table);
      if (!block) {
        throw Error(fmt::format("snapshot {}, table {}: its block is missing", record.id, capture.table));
      }
      size.payload_bytes += impl_->records.payload_size(block->id);
      ++size.blocks;
    }
    return size;
  });
}

StoreNotes Store::notes() const {
  return impl_->read([&] {
    StoreNotes notes = Notes(impl_->connection.database()).load();
    for (Gap& noted : parse_gaps(read_gap_file(impl_->connection.resolved()))) {
      const auto known = std::ranges::find_if(notes.gaps, [&](const Gap& gap) {
        return gap.host == noted.host && gap.machine_id == noted.machine_id && gap.reason == noted.reason
               && gap.first_ns == noted.first_ns;
      });
      if (known == notes.gaps.end()) {
        notes.gaps.push_back(std::move(noted));
      } else if (known->count < noted.count) {
        *known = std::move(noted);
      }
    }
    std::ranges::stable_sort(notes.gaps, {}, &Gap::first_ns);
    return notes;
  });
}

Limits Store::limits() const {
  return impl_->read([&] { return load_limits(impl_->connection.database()); });
}

FileSize Store::file_size() const {
  return impl_->read([&] { return load_file_size(impl_->connection.database()); });
}

PruneReport Store::plan_prune(const Limits& limits, std::int64_t now_ns) const {
  return impl_->read(
    [&] { return Retention(impl_->connection.database(), impl_->connection.resolved()).plan(limits, now_ns); });
}

std::vector<Capture> Store::load_captures(SnapshotId id) const {
  return impl_->load([&] { return to_captures(impl_->chains.load_captures(impl_->find(id))); });
}

Snapshot Store::load(SnapshotId id, std::span<const std::string> tables) const {
  return impl_->load([&] {
    const SnapshotRecord record = impl_->find(id);
    Snapshot snapshot{record.info, {}, to_captures(impl_->chains.load_captures(record))};
    for (const TableSpec& spec : catalog()) {
      if (!tables.empty() && std::ranges::find(tables, spec.name) == tables.end()) {
        continue;
      }
      if (auto table = impl_->load_table(record, snapshot.captures, spec)) {
        snapshot.tables.push_back(std::move(*table));
      }
    }
    return snapshot;
  });
}

} // namespace hindstat
