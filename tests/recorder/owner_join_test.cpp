// SPDX-License-Identifier: MIT
#include "recorder/readers/owner_join.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "recorder/readers/socket_rows.h"
#include "tables/unix_socket.h"

using namespace hindstat;

namespace {

Table table_with_inodes(const std::vector<std::uint32_t>& inodes) {
  SocketRows rows;
  for (const std::uint32_t inode : inodes) {
    DiagSocket socket;
    socket.inode = inode;
    rows.add(SocketProtocol::tcp, socket, {}, 0);
  }
  return std::move(rows).build();
}

using Owner = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>; // inode, pid, fd

std::vector<Owner> rows_of(const Table& owners) {
  std::vector<Owner> result;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    const SocketOwner row = socket_owners.row(owners, i);
    result.emplace_back(row.inode, row.pid, row.fd);
  }
  std::ranges::sort(result);
  return result;
}

Table join(Table& table, const OwnerScan& scan) {
  const OwnedTable owned = owned_table(sockets, table);
  return join_owners(std::span(&owned, 1), scan);
}

} // namespace

TEST_CASE("the first owner has the lowest pid and its lowest descriptor, the others are further owners", "[recorder]") {
  Table table = table_with_inodes({10, 20, 0, 30});
  OwnerScan scan;
  scan.sockets = {{10, 500, 7}, {10, 400, 9}, {10, 400, 3}, {20, 1, 1}, {99, 1, 2}, {0, 1, 3}};
  const Table further = join(table, scan);
  const Socket first = sockets.row(table, 0);
  CHECK(first.pid == 400U);
  CHECK(first.fd == 3U);
  CHECK(sockets.row(table, 1).pid == 1U);
  CHECK_FALSE(sockets.row(table, 2).pid);
  CHECK_FALSE(sockets.row(table, 3).pid);
  CHECK(rows_of(further) == std::vector<Owner>{{10, 400, 9}, {10, 500, 7}});
}

TEST_CASE("rows of one inode, as a torn dump has them, share the owner", "[recorder]") {
  Table table = table_with_inodes({10, 11, 10});
  OwnerScan scan;
  scan.sockets = {{10, 5, 6}, {10, 4, 8}};
  const Table further = join(table, scan);
  CHECK(sockets.row(table, 0).pid == 4U);
  CHECK(sockets.row(table, 2).pid == 4U);
  CHECK(sockets.row(table, 2).fd == 8U);
  CHECK_FALSE(sockets.row(table, 1).pid);
  CHECK(further.size() == 1);
}

TEST_CASE("joining does not depend on the order of the scan", "[recorder]") {
  std::mt19937 random(7);
  std::vector<std::uint32_t> inodes;
  OwnerScan scan;
  for (std::uint32_t i = 1; i <= 500; ++i) {
    inodes.push_back(i * 64); // The low bits of inodes are often alike.
    for (std::uint32_t held = 0; held < 1 + i % 4; ++held) {
      scan.sockets.push_back({i * 64, static_cast<std::uint32_t>(random() % 50), held});
    }
  }
  Table expected = table_with_inodes(inodes);
  const Table expected_further = join(expected, scan);
  for (int round = 0; round < 5; ++round) {
    std::ranges::shuffle(scan.sockets, random);
    Table table = table_with_inodes(inodes);
    CHECK(rows_of(join(table, scan)) == rows_of(expected_further));
    CHECK(table == expected);
  }
}

TEST_CASE("an empty table joins with any scan", "[recorder]") {
  Table table = table_with_inodes({});
  OwnerScan scan;
  scan.sockets = {{1, 2, 3}};
  CHECK(join(table, scan).empty());
}

TEST_CASE("two tables are joined with one scan, and their further owners are one table", "[recorder]") {
  Table internet = table_with_inodes({10, 20});
  TableBuilder builder(unix_sockets);
  for (const std::uint32_t inode : {30U, 0U, 40U}) {
    UnixSocket row;
    row.inode = inode;
    builder.add(row);
  }
  Table local = std::move(builder).build();
  OwnerScan scan;
  scan.sockets = {{30, 6, 1}, {10, 5, 1}, {30, 5, 2}, {10, 7, 3}, {50, 1, 1}};
  const std::vector<OwnedTable> owned = {owned_table(sockets, internet), owned_table(unix_sockets, local)};
  const Table further = join_owners(owned, scan);
  CHECK(sockets.row(internet, 0).pid == 5U);
  CHECK_FALSE(sockets.row(internet, 1).pid);
  CHECK(unix_sockets.row(local, 0).pid == 5U);
  CHECK(unix_sockets.row(local, 0).fd == 2U);
  CHECK_FALSE(unix_sockets.row(local, 1).pid);
  CHECK_FALSE(unix_sockets.row(local, 2).pid);
  CHECK(rows_of(further) == std::vector<Owner>{{10, 7, 3}, {30, 6, 1}});
}
