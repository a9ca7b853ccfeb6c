// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

#include "recorder/system.h"
#include "tables/socket_owner.h"

namespace hindstat {

/// A table whose rows have owners, and its columns that a join reads and writes.
struct OwnedTable {
  Table* table = nullptr; ///< Lives during the join.
  std::size_t netns = 0;
  std::size_t inode = 0;
  std::size_t pid = 0;
  std::size_t fd = 0;
};

/// A table that define_table made of a row with members netns, inode, pid and fd.
template <typename Definition>
[[nodiscard]] OwnedTable owned_table(const Definition& definition, Table& table) {
  using Row = typename Definition::Row;
  return {&table, definition.template index_of<&Row::netns>(), definition.template index_of<&Row::inode>(),
          definition.template index_of<&Row::pid>(), definition.template index_of<&Row::fd>()};
}

/// Fills pid and fd of the tables with the first owner of each socket, the lowest pid and its lowest descriptor, and
/// returns all further owners as a table socket_owner. Owners of sockets that are in no table are left out; rows that
/// share an inode (a torn dump) get the same owner.
[[nodiscard]] Table join_owners(std::span<const OwnedTable> tables, const OwnerScan& scan);

} // namespace hindstat
