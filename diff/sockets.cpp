// SPDX-License-Identifier: MIT
// From two tables of sockets to events: torn reads collapse; pairs by equality and by identity stand; what is left is
// matched key by key. Only rows that differ are ever looked at in full.
#include "diff/sockets.h"

#include <algorithm>
#include <unordered_map>

#include "diff/socket_events.h"
#include "diff/torn_reads.h"
#include "tables/change_set.h"

namespace hindstat {

namespace {

// Rows of one key that equality and identity left over, and how many listeners the key has in all.
struct Bucket {
  std::vector<NumberedSocket> before;
  std::vector<NumberedSocket> after;
  std::vector<NumberedSocket> listeners_before;
  std::vector<NumberedSocket> listeners_after;
};

// One connection is IPv4 while it waits to be accepted by an IPv6 socket, and ::ffff:10.0.0.5 from then on.
std::string key_bytes(const Socket& socket) {
  std::string key = socket.netns;
  key += '\0';
  key += static_cast<char>(socket.protocol);
  for (const auto& [address, port] : {std::pair(socket.local_address.unmapped(), socket.local_port),
                                      std::pair(socket.remote_address.unmapped(), socket.remote_port)}) {
    key += static_cast<char>(address.bytes().size());
    key += address.bytes();
    key += static_cast<char>(port >> 8);
    key += static_cast<char>(port & 0xFF);
  }
  return key;
}

// Of a state that soon ends, without cookie and inode.
bool lacks_identity(const Table& table, std::uint32_t row) {
  const auto state = static_cast<TcpState>(sockets.column<&Socket::state>(table).raw(row));
  return sockets.column<&Socket::cookie>(table).raw(row) == 0 && sockets.column<&Socket::inode>(table).raw(row) == 0
         && state != TcpState::established && state != TcpState::close && state != TcpState::listen;
}

class SocketDiffer {
public:
  SocketDiffer(const SideRows& before, const SideRows& after, const SocketContext& context)
    : before_(before.table()), after_(after.table()), context_(context),
      own_names_(context.names == nullptr ? SocketNames(before_, after_) : SocketNames()),
      events_(context, context.names == nullptr ? own_names_ : *context.names, before, after) {
  }

  std::vector<Event> run() {
    if (context_.interval.same_boot) {
      const Pairing pairing = pair_rows(before_, after_);
      walk_pairs(pairing);
      find_stuck_queues(pairing);
    } else {
      for (std::uint32_t row = 0; row < before_.size(); ++row) {
        add_before(row);
      }
      for (std::uint32_t row = 0; row < after_.size(); ++row) {
        add_after(row);
      }
    }
    if (!buckets_.empty()) {
      find_listeners(before_, &Bucket::listeners_before);
      find_listeners(after_, &Bucket::listeners_after);
    }
    for (auto& [key, bucket] : buckets_) {
      sort_sockets(bucket.listeners_before);
      sort_sockets(bucket.listeners_after);
      explain(std::move(bucket));
    }
    explain_reach();
    return events_.take();
  }

private:
  [[nodiscard]] static NumberedSocket load(const Table& table, std::uint32_t row) {
    return {row, sockets.row(table, row)};
  }
  void add_before(std::uint32_t row) {
    NumberedSocket loaded = load(before_, row);
    Bucket& bucket = buckets_[key_bytes(loaded.socket)];
    bucket.before.push_back(std::move(loaded));
  }
  void add_after(std::uint32_t row) {
    NumberedSocket loaded = load(after_, row);
    Bucket& bucket = buckets_[key_bytes(loaded.socket)];
    bucket.after.push_back(std::move(loaded));
  }

  void walk_pairs(const Pairing& pairing) {
    for (std::uint32_t row = 0; row < before_.size(); ++row) {
      const std::uint32_t partner = pairing.after_of[row];
      if (partner == Pairing::none) {
        add_before(row);
      } else if (pairing.by[row] == PairedBy::key) {
        add_before(row);
        add_after(partner);
      } else if (pairing.by[row] == PairedBy::incarnation) {
        events_.stayed(load(before_, row), load(after_, partner), true);
      } else {
        judge_equal(row, partner);
      }
    }
    for (std::uint32_t row = 0; row < after_.size(); ++row) {
      if (pairing.before_of[row] == Pairing::none) {
        add_after(row);
      }
    }
  }

  // Two equal rows without cookie and inode in a state that soon ends are two connections when the snapshots are too
  // far apart for one.
  void judge_equal(std::uint32_t row, std::uint32_t partner) {
    if (!lacks_identity(before_, row)) {
      return;
    }
    NumberedSocket before = load(before_, row);
    NumberedSocket after = load(after_, partner);
    if (const auto contradiction = judge_pair(before.socket, after.socket, context_)) {
      events_.reopened(before, after, *contradiction);
    }
  }

  // Of rows that are equal: what differs is looked at in any case.
  void find_stuck_queues(const Pairing& pairing) {
    const Column& received = sockets.column<&Socket::recv_queue>(after_);
    const Column& sent = sockets.column<&Socket::send_queue>(after_);
    for (std::uint32_t row = 0; row < after_.size(); ++row) {
      const std::uint32_t partner = pairing.before_of[row];
      if ((received.raw(row) != 0 || sent.raw(row) != 0) && partner != Pairing::none
          && pairing.by[partner] == PairedBy::equal) {
        const NumberedSocket before = load(before_, partner);
        const NumberedSocket after = load(after_, row);
        events_.unmoved(before, after, compare_identity(before.socket, after.socket) == SocketIdentity::same);
      }
    }
  }

  void find_listeners(const Table& table, std::vector<NumberedSocket> Bucket::*listeners) {
    const Column& states = sockets.column<&Socket::state>(table);
    const Column& protocols = sockets.column<&Socket::protocol>(table);
    for (std::uint32_t row = 0; row < table.size(); ++row) {
      if (states.raw(row) != static_cast<std::uint64_t>(TcpState::listen)
          || protocols.raw(row) != static_cast<std::uint64_t>(SocketProtocol::tcp)) {
        continue;
      }
      NumberedSocket loaded = load(table, row);
      if (const auto it = buckets_.find(key_bytes(loaded.socket)); it != buckets_.end()) {
        (it->second.*listeners).push_back(std::move(loaded));
      }
    }
  }

  void explain(Bucket bucket) {
    if (explain_alone(bucket)) {
      return;
    }
    SocketMatch match = match_sockets(std::move(bucket.before), std::move(bucket.after), context_);
    explain_pairs(match.pairs);
    const auto is_listener = [](const NumberedSocket& row) { return phase_of(row.socket) == TcpPhase::listening; };
    const auto before_end = std::stable_partition(match.removed.begin(), match.removed.end(), is_listener);
    const auto after_end = std::stable_partition(match.added.begin(), match.added.end(), is_listener);
    explain_listeners({match.removed.begin(), before_end}, {match.added.begin(), after_end}, bucket);
    std::for_each(before_end, match.removed.end(), [&](const NumberedSocket& row) { events_.vanished(row); });
    std::for_each(after_end, match.added.end(), [&](const NumberedSocket& row) { events_.appeared(row); });
  }

  // Nearly always a key has one row that came or went.
  [[nodiscard]] bool explain_alone(const Bucket& bucket) {
    if (bucket.before.size() + bucket.after.size() != 1) {
      return false;
    }
    const bool gone = !bucket.before.empty();
    const NumberedSocket& row = gone ? bucket.before.front() : bucket.after.front();
    if (phase_of(row.socket) == TcpPhase::listening) {
      return false; // There may be others of its kind.
    }
    gone ? events_.vanished(row) : events_.appeared(row);
    return true;
  }

  void explain_pairs(const std::vector<MatchedSockets>& pairs) {
    std::size_t restarted = 0;
    const MatchedSockets* example = nullptr;
    for (const MatchedSockets& pair : pairs) {
      if (!pair.contradiction) {
        events_.stayed(pair.before, pair.after,
                       compare_identity(pair.before.socket, pair.after.socket) == SocketIdentity::same);
      } else if (is_service(pair.before.socket) && is_service(pair.after.socket)) {
        ++restarted;
        example = example == nullptr ? &pair : example;
      } else {
        events_.reopened(pair.before, pair.after, *pair.contradiction);
      }
    }
    if (restarted != 0) {
      events_.restarted(example->before, example->after, restarted);
    }
  }

  // SO_REUSEPORT: where one side has no listener at all it is one event however many there are; otherwise their
  // number changed, or one program took over from another.
  void explain_listeners(const std::vector<NumberedSocket>& removed, const std::vector<NumberedSocket>& added,
                         const Bucket& bucket) {
    const bool both_sides = !bucket.listeners_before.empty() && !bucket.listeners_after.empty();
    const bool other_number = bucket.listeners_before.size() != bucket.listeners_after.size();
    if (both_sides && other_number && removed.empty() != added.empty()) {
      events_.workers_changed(bucket.listeners_before.front(), bucket.listeners_after.front(),
                              bucket.listeners_before.size(), bucket.listeners_after.size());
      return;
    }
    if (!removed.empty()) {
      listeners_removed_.push_back({removed.front(), removed.size()});
    }
    if (!added.empty()) {
      listeners_added_.push_back({added.front(), added.size()});
    }
  }

  // A service may be at another address of the same port.
  void explain_reach() {
    ReachMatch match = match_reach(std::move(listeners_removed_), std::move(listeners_added_), context_);
    for (const ReachChange& change : match.changed) {
      events_.reach_changed(change);
    }
    for (const ListenerGroup& group : match.removed) {
      events_.vanished(group.example, group.workers);
    }
    for (const ListenerGroup& group : match.added) {
      events_.appeared(group.example, group.workers);
    }
  }

  const Table& before_;
  const Table& after_;
  const SocketContext& context_;
  SocketNames own_names_;
  SocketEvents events_;
  std::unordered_map<std::string, Bucket> buckets_;
  std::vector<ListenerGroup> listeners_removed_;
  std::vector<ListenerGroup> listeners_added_;
};

} // namespace

std::vector<std::uint32_t> rows_judged_although_equal(const Table& table) {
  const auto queued = [&](const Column& column) {
    return
      [&cells = std::get<std::vector<std::uint32_t>>(column.cells())](std::uint32_t row) { return cells[row] != 0; };
  };
  const auto received = queued(sockets.column<&Socket::recv_queue>(table));
  const auto sent = queued(sockets.column<&Socket::send_queue>(table));
  const bool all_have_cookies = sockets.column<&Socket::cookie>(table).null_count() == 0;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < table.size(); ++row) {
    if (received(row) || sent(row) || (!all_have_cookies && lacks_identity(table, row))) {
      rows.push_back(row);
    }
  }
  return rows;
}

SocketDiff diff_sockets(ComparedTable table, const SocketContext& context) {
  SocketDiff result;
  result.torn_before = collapse_torn_reads(table.before);
  result.torn_after = collapse_torn_reads(table.after);
  result.events = SocketDiffer(table.before, table.after, context).run();
  return result;
}

} // namespace hindstat
