// SPDX-License-Identifier: MIT
#include "diff/unix_match.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <tuple>

namespace hindstat {

namespace {

using Sockets = std::vector<NumberedUnix>;

bool has_cookie(const UnixSocket& socket) {
  return socket.cookie.value_or(0) != 0;
}

// Whether something tells that they are two.
bool is_other_socket(const UnixSocket& a, const UnixSocket& b) {
  if (has_cookie(a) && has_cookie(b)) {
    return a.cookie != b.cookie;
  }
  return a.inode != 0 && b.inode != 0 && a.inode != b.inode;
}

void sort(Sockets& sockets) {
  const auto rank = [](const NumberedUnix& x) {
    const UnixSocket& s = x.socket;
    return std::tie(x.program, s.cookie, s.inode, s.state, s.uid, s.pid, s.recv_queue, s.send_queue);
  };
  std::ranges::stable_sort(sockets, [&](const NumberedUnix& a, const NumberedUnix& b) { return rank(a) < rank(b); });
}

// Takes pairs out of both lists: of each socket before the first one after, in order, for which `match` gives its
// place.
template <typename Match, typename Keep>
void take_pairs(Sockets& before, Sockets& after, Match&& match, Keep&& keep) {
  std::vector<bool> taken(after.size(), false);
  Sockets left;
  for (NumberedUnix& socket : before) {
    const std::optional<std::size_t> found = match(socket, taken);
    if (found) {
      taken[*found] = true;
      keep(std::move(socket), after[*found]);
    } else {
      left.push_back(std::move(socket));
    }
  }
  before = std::move(left);
  Sockets left_after;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (!taken[i]) {
      left_after.push_back(std::move(after[i]));
    }
  }
  after = std::move(left_after);
}

// Places of the sockets after by an identity, in order; those that are taken fall out when they come first.
template <typename Id>
class Places {
public:
  void add(Id id, std::size_t place) {
    if (id != 0) {
      places_[id].push_back(place);
    }
  }
  std::optional<std::size_t> find(Id id, const std::vector<bool>& taken) {
    const auto it = places_.find(id);
    while (it != places_.end() && !it->second.empty() && taken[it->second.front()]) {
      it->second.pop_front();
    }
    return it == places_.end() || it->second.empty() ? std::nullopt : std::optional(it->second.front());
  }

private:
  std::map<Id, std::deque<std::size_t>> places_;
};

void pair_same(Sockets& before, Sockets& after, UnixMatch& match) {
  Places<std::uint64_t> by_cookie;
  Places<std::uint32_t> by_inode;
  for (std::size_t i = 0; i < after.size(); ++i) {
    by_cookie.add(after[i].socket.cookie.value_or(0), i);
    by_inode.add(after[i].socket.inode, i);
  }
  take_pairs(
    before, after,
    [&](const NumberedUnix& socket, const std::vector<bool>& taken) -> std::optional<std::size_t> {
      if (const auto place = by_cookie.find(socket.socket.cookie.value_or(0), taken)) {
        return place;
      }
      const auto place = by_inode.find(socket.socket.inode, taken);
      return place && is_same_socket(socket.socket, after[*place].socket) ? place : std::nullopt;
    },
    [&](NumberedUnix a, const NumberedUnix& b) { match.stayed.emplace_back(std::move(a), b); });
}

// In order, those for which the programs are equal (`any`: or one of them is unknown).
void pair_programs(Sockets& before, Sockets& after, UnixMatch& match, bool any, bool same_boot) {
  std::size_t next = 0;
  take_pairs(
    before, after,
    [&](const NumberedUnix& socket, const std::vector<bool>&) -> std::optional<std::size_t> {
      while (!any && next < after.size() && after[next].program < socket.program) {
        ++next;
      }
      const bool fits =
        next < after.size()
        && (socket.program == after[next].program || (any && (socket.program.empty() || after[next].program.empty())));
      return fits ? std::optional(next++) : std::nullopt;
    },
    [&](NumberedUnix a, const NumberedUnix& b) {
      const bool is_new = same_boot && is_other_socket(a.socket, b.socket);
      (is_new ? match.restarted : match.stayed).emplace_back(std::move(a), b);
    });
}

} // namespace

UnixClass classify(const UnixSocket& socket) {
  if (!socket.name || socket.name->empty()) {
    return UnixClass::counted;
  }
  if (socket.state == UnixState::listening) {
    return UnixClass::listener;
  }
  return socket.type == UnixType::dgram || socket.state == UnixState::unconnected ? UnixClass::bound
                                                                                  : UnixClass::counted;
}

bool is_same_socket(const UnixSocket& before, const UnixSocket& after) {
  if (has_cookie(before) && has_cookie(after)) {
    return before.cookie == after.cookie;
  }
  return before.inode != 0 && before.inode == after.inode;
}

UnixMatch match_unix(std::vector<NumberedUnix> before, std::vector<NumberedUnix> after, bool same_boot) {
  sort(before);
  sort(after);
  UnixMatch match;
  if (same_boot) {
    pair_same(before, after, match);
  }
  pair_programs(before, after, match, false, same_boot);
  pair_programs(before, after, match, true, same_boot);
  match.removed = std::move(before);
  match.added = std::move(after);
  return match;
}

} // namespace hindstat
