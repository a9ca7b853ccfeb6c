// SPDX-License-Identifier: MIT
#include "store/store.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/escape.h"
#include "store/chain.h"
#include "store/connection.h"
#include "tables/catalog.h"

namespace hindstat {

namespace {

std::string format_uid(std::string_view uid) {
  std::string text;
  for (const char byte : uid) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return text;
}

} // namespace

struct Store::Impl {
  explicit Impl(const std::string& path) : connection(path, Connection::Mode::read) {
  }

  // Reads that belong together see one state of the file.
  template <typename Work>
  auto read(Work&& work) -> decltype(work()) {
    return connection.run([&] {
      const SQLite::Transaction transaction(connection.database());
      return work();
    });
  }

  SnapshotRecord find(SnapshotId id) {
    auto record = records.find_snapshot(id.value());
    if (!record) {
      throw Error(fmt::format("no snapshot {}", id.value()));
    }
    return std::move(*record);
  }

  std::optional<Table> load_table(const SnapshotRecord& record, const std::vector<Capture>& all_captures,
                                  const TableSpec& spec);

  Connection connection;
  Layouts layouts{connection.database()};
  Records records{connection.database(), layouts};
  ChainReader chains{connection.database(), layouts, records};
};

std::optional<Table> Store::Impl::load_table(const SnapshotRecord& record, const std::vector<Capture>& all_captures,
                                             const TableSpec& spec) {
  const auto capture = std::ranges::find_if(all_captures, [&](const Capture& candidate) {
    return candidate.table == spec.name && candidate.stored_at.has_value();
  });
  if (capture == all_captures.end()) {
    return std::nullopt;
  }
  try {
    const auto block = records.find_block(record.boot_id, *capture->stored_at, capture->table);
    if (!block) {
      throw Error("its block is missing");
    }
    return to_known_spec(chains.load_table(*block), spec);
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
      entries.push_back({SnapshotId(record.id), format_uid(record.uid), std::move(record.info)});
    }
    return entries;
  });
}

SnapshotSize Store::size_of(SnapshotId id) const {
  return impl_->read([&] {
    const SnapshotRecord record = impl_->find(id);
    SnapshotSize size{record.captures.size(), 0};
    std::set<std::string> counted; // A table of several namespaces has as many captures and one block.
    for (const Capture& capture : to_captures(impl_->chains.load_captures(record))) {
      if (capture.stored_at != record.sequence || !counted.insert(capture.table).second) {
        continue;
      }
      const auto block = impl_->records.find_block(record.boot_id, record.sequence, capture.table);
      if (!block) {
        throw Error(fmt::format("snapshot {}, table {}: its block is missing", record.id, capture.table));
      }
      size.payload_bytes += impl_->records.payload_size(*block);
      ++size.blocks;
    }
    return size;
  });
}

std::vector<Capture> Store::load_captures(SnapshotId id) const {
  return impl_->read([&] { return to_captures(impl_->chains.load_captures(impl_->find(id))); });
}

Snapshot Store::load(SnapshotId id, std::span<const std::string> tables) const {
  return impl_->read([&] {
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
