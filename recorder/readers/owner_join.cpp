// SPDX-License-Identifier: MIT
#include "recorder/readers/owner_join.h"

#include <utility>
#include <vector>

#include "recorder/readers/rows_by_inode.h"

namespace hindstat {

namespace {

using Owner = std::pair<std::uint32_t, std::uint32_t>; // pid, fd

/// The owner columns of all tables, by place.
class OwnerCells {
public:
  explicit OwnerCells(std::span<const OwnedTable> tables) : tables_(tables) {
  }

  [[nodiscard]] std::optional<Owner> get(RowPlace place) const {
    const OwnedTable& owned = tables_[place.table];
    const Column& pid = owned.table->column(owned.pid);
    if (pid.is_null(place.row)) {
      return std::nullopt;
    }
    return Owner(static_cast<std::uint32_t>(pid.raw(place.row)),
                 static_cast<std::uint32_t>(owned.table->column(owned.fd).raw(place.row)));
  }

  void set(RowPlace place, const Owner& owner) const {
    const OwnedTable& owned = tables_[place.table];
    Column& pid = owned.table->column(owned.pid);
    Column& fd = owned.table->column(owned.fd);
    pid.set_null(place.row, false);
    fd.set_null(place.row, false);
    pid.set_raw(place.row, owner.first);
    fd.set_raw(place.row, owner.second);
  }

private:
  std::span<const OwnedTable> tables_;
};

std::size_t count_rows(std::span<const OwnedTable> tables) {
  std::size_t rows = 0;
  for (const OwnedTable& owned : tables) {
    rows += owned.table->size();
  }
  return rows;
}

} // namespace

Table join_owners(std::span<const OwnedTable> tables, const OwnerScan& scan) {
  RowsByInode rows(count_rows(tables));
  std::vector<std::pair<RowPlace, RowPlace>> repeated; // A row, and the first one with the same inode.
  for (std::uint32_t table = 0; table < tables.size(); ++table) {
    const Column& inodes = tables[table].table->column(tables[table].inode);
    for (std::uint32_t row = 0; row < inodes.size(); ++row) {
      const RowPlace place{table, row};
      const auto inode = static_cast<std::uint32_t>(inodes.raw(row));
      const RowPlace first = inode != 0 ? rows.put(inode, place) : place;
      if (first != place) {
        repeated.emplace_back(place, first);
      }
    }
  }
  const OwnerCells owners(tables);
  TableBuilder further(socket_owners);
  for (const SocketFd& held : scan.sockets) {
    const auto place = held.inode != 0 ? rows.find(held.inode) : std::nullopt;
    if (!place) {
      continue;
    }
    Owner other(held.pid, held.fd);
    const auto first = owners.get(*place);
    if (!first || other < *first) {
      owners.set(*place, other);
      other = first.value_or(other);
    }
    if (first) {
      const OwnedTable& owned = tables[place->table];
      further.add(
        {std::string(owned.table->column(owned.netns).bytes(place->row)), held.inode, other.first, other.second});
    }
  }
  for (const auto& [place, first] : repeated) {
    if (const auto owner = owners.get(first)) {
      owners.set(place, *owner);
    }
  }
  return std::move(further).build();
}

} // namespace hindstat
