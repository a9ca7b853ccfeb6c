// SPDX-License-Identifier: MIT
#include "store/keeper.h"

#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "store/connection.h"
#include "store/records.h"

namespace hindstat {

struct StoreKeeper::Impl {
  explicit Impl(const std::string& path) : connection(path, Connection::Mode::change) {
  }

  // All that `work` changes, or nothing.
  template <typename Work>
  void change(Work&& work) {
    connection.run([&] {
      SQLite::Transaction transaction(connection.database(), SQLite::TransactionBehavior::IMMEDIATE);
      work();
      transaction.commit();
    });
  }

  std::string uid_of(SnapshotId id) {
    Layouts layouts(connection.database());
    const auto record = Records(connection.database(), layouts).find_snapshot(id.value());
    if (!record) {
      throw Error(fmt::format("no snapshot {}", id.value()));
    }
    return record->uid;
  }

  Connection connection;
};

StoreKeeper::StoreKeeper(const std::string& path) : impl_(std::make_unique<Impl>(path)) {
}
StoreKeeper::~StoreKeeper() = default;
StoreKeeper::StoreKeeper(StoreKeeper&&) noexcept = default;
StoreKeeper& StoreKeeper::operator=(StoreKeeper&&) noexcept = default;

void StoreKeeper::pin(std::span<const SnapshotId> ids, const std::string& note, std::int64_t now_ns) {
  impl_->change([&] {
    for (const SnapshotId id : ids) {
      Notes(impl_->connection.database()).pin(impl_->uid_of(id), note, now_ns);
    }
  });
}

std::uint64_t StoreKeeper::unpin(std::span<const SnapshotId> ids) {
  std::uint64_t unpinned = 0;
  impl_->change([&] {
    for (const SnapshotId id : ids) {
      unpinned += Notes(impl_->connection.database()).unpin(impl_->uid_of(id)) ? 1U : 0U;
    }
  });
  return unpinned;
}

void StoreKeeper::mark(const Mark& mark) {
  impl_->change([&] { Notes(impl_->connection.database()).add(mark); });
}

void StoreKeeper::set_limits(const Limits& limits) {
  impl_->change([&] { store_limits(impl_->connection.database(), limits); });
}

Limits StoreKeeper::limits() {
  return impl_->connection.run([&] { return load_limits(impl_->connection.database()); });
}

PruneReport StoreKeeper::prune(const Limits& limits, std::int64_t now_ns) {
  return impl_->connection.run(
    [&] { return Retention(impl_->connection.database(), impl_->connection.resolved()).run(limits, now_ns, {}); });
}

} // namespace hindstat
