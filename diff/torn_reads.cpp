// SPDX-License-Identifier: MIT
#include "diff/torn_reads.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "diff/socket_rules.h"

namespace hindstat {

namespace {

using Rows = std::vector<std::uint32_t>;

// Rows whose keys (by hash) are not alone; most tables have none.
std::unordered_map<std::uint64_t, Rows> find_shared_keys(const Table& table) {
  const auto hashes = table.row_hashes_if([](const ColumnSpec& column) { return column.role == Role::key; });
  std::unordered_map<std::uint64_t, std::uint32_t> first;
  first.reserve(hashes.size());
  std::unordered_map<std::uint64_t, Rows> shared;
  for (std::uint32_t row = 0; row < hashes.size(); ++row) {
    const auto [it, is_new] = first.try_emplace(hashes[row], row);
    if (!is_new) {
      Rows& rows = shared[hashes[row]];
      if (rows.empty()) {
        rows.push_back(it->second);
      }
      rows.push_back(row);
    }
  }
  return shared;
}

bool holds_mapped_addresses(const Column& addresses) {
  const Dictionary& known = addresses.dictionary();
  for (std::uint32_t id = 0; id < known.size(); ++id) {
    const auto address = IpAddress::from_bytes(known.at(id));
    if (address && address->is_v6() && address->unmapped().is_v4()) {
      return true;
    }
  }
  return false;
}

auto folded_key(const Socket& s) {
  return std::tuple(s.netns, s.protocol, s.local_address.unmapped(), s.local_port, s.remote_address.unmapped(),
                    s.remote_port);
}

// A connection that an IPv6 socket takes is IPv4 in SYN_RECV and ::ffff:10.0.0.5 from then on: two keys that no hash of
// the columns brings together. Rows in SYN_RECV are few.
std::vector<Rows> find_requests_read_twice(const Table& table) {
  std::vector<Rows> found;
  if (!holds_mapped_addresses(sockets.column<&Socket::local_address>(table))) {
    return found;
  }
  const Column& states = sockets.column<&Socket::state>(table);
  const Column& addresses = sockets.column<&Socket::local_address>(table);
  std::map<decltype(folded_key(Socket())), std::uint32_t> requests;
  const auto is_request = [&](std::uint32_t row) {
    const auto state = static_cast<TcpState>(states.raw(row));
    return normal_tcp_state(state) == TcpState::syn_recv && addresses.address(row).is_v4();
  };
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    if (is_request(row)) {
      requests.try_emplace(folded_key(sockets.row(table, row)), row);
    }
  }
  for (std::uint32_t row = 0; row < table.size() && !requests.empty(); ++row) {
    if (addresses.address(row).is_v6()) {
      const auto it = requests.find(folded_key(sockets.row(table, row)));
      if (it != requests.end()) {
        found.push_back({it->second, row});
        requests.erase(it);
      }
    }
  }
  return found;
}

// A connected TCP socket is the only one with its addresses and ports: another row is the same one, read again, unless
// the cookies say that it is its successor.
bool is_one_socket(const Socket& a, const Socket& b) {
  if (folded_key(a) != folded_key(b)) {
    return false;
  }
  const SocketIdentity identity = compare_identity(a, b);
  if (identity != SocketIdentity::unknown) {
    return identity == SocketIdentity::same;
  }
  return a.protocol == SocketProtocol::tcp && is_connected(a) && a.bound_interface == b.bound_interface;
}

struct NumberedSocket {
  std::uint32_t row = 0;
  Socket socket;
};

// The rows of one key that are another row's socket.
void find_torn(const Table& table, const Rows& rows, std::vector<bool>& torn) {
  std::vector<NumberedSocket> found;
  found.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    found.push_back({row, sockets.row(table, row)});
  }
  // By identity first, so that rows of one socket are neighbours: a hostile table must not make this quadratic.
  std::ranges::sort(found, [&](const NumberedSocket& a, const NumberedSocket& b) {
    const auto rank = [](const Socket& x) { return std::tuple(x.cookie.value_or(0), x.inode, x.state); };
    return rank(a.socket) != rank(b.socket) ? rank(a.socket) < rank(b.socket)
                                            : Table::compare_rows(table, a.row, table, b.row) < 0;
  });
  const NumberedSocket* kept = &found.front();
  for (auto next = found.begin() + 1; next != found.end(); ++next) {
    if (!is_one_socket(kept->socket, next->socket)) {
      kept = &*next;
    } else if (kept->socket.state != next->socket.state
               && further_along(kept->socket.state, next->socket.state) == normal_tcp_state(next->socket.state)) {
      torn[kept->row] = true;
      kept = &*next;
    } else {
      torn[next->row] = true;
    }
  }
}

} // namespace

std::size_t collapse_torn_reads(SideRows& rows) {
  const Table& table = rows.table();
  const auto shared = find_shared_keys(table);
  const auto requests = find_requests_read_twice(table);
  if (shared.empty() && requests.empty()) {
    return 0;
  }
  std::vector<bool> torn(table.size(), false);
  for (const auto& [hash, found] : shared) {
    find_torn(table, found, torn);
  }
  for (const Rows& found : requests) {
    find_torn(table, found, torn);
  }
  Rows kept;
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    if (!torn[row]) {
      kept.push_back(row);
    }
  }
  const std::size_t collapsed = table.size() - kept.size();
  if (collapsed != 0) {
    rows.keep(kept);
  }
  return collapsed;
}

} // namespace hindstat
