// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "store/chain.h"
#include "store/connection.h"
#include "store/load_budget.h"
#include "store/store.h"

namespace hindstat {

/// What reads of a store share: for store.cpp and walk.cpp only.
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

  // A read that decodes tables: together they may take so much memory.
  template <typename Work>
  auto load(Work&& work) -> decltype(work()) {
    chains.begin_load(LoadBudget(memory_limit));
    return read(std::forward<Work>(work));
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

  std::uint64_t memory_limit = load_memory_limit();
  Connection connection;
  Layouts layouts{connection.database()};
  Records records{connection.database(), layouts};
  ChainReader chains{connection.database(), layouts, records};
};

/// Which snapshot's block holds the rows of a table, as its captures say; nothing when it was not collected.
[[nodiscard]] std::optional<std::uint64_t> find_stored_at(const std::vector<Capture>& all_captures,
                                                          std::string_view table);

} // namespace hindstat
