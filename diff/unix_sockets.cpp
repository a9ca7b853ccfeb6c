// SPDX-License-Identifier: MIT
#include "diff/unix_sockets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <tuple>

#include "diff/row_events.h"
#include "diff/unix_match.h"
#include "tables/format.h"

namespace hindstat {

namespace {

constexpr std::uint32_t large_queue_step = 4096;
constexpr std::uint32_t long_accept_queue = 8; // Where the limit is unknown.
constexpr std::size_t owners_in_a_note = 5;

// Namespace, type, name.
using UnixName = std::tuple<std::string, UnixType, std::string>;

struct Bucket {
  std::vector<NumberedUnix> before;
  std::vector<NumberedUnix> after;
};

// "stream /run/app.sock", "dgram @notify" for an abstract name.
std::string unix_key(const UnixSocket& socket) {
  std::string type = format_enum(NamesOf<UnixType>::values, static_cast<std::uint8_t>(socket.type));
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  std::string name = socket.name.value_or("");
  std::ranges::replace(name, '\0', '@');
  return type + " " + name;
}

std::string incarnation(const UnixSocket& socket) {
  if (socket.cookie.value_or(0) != 0) {
    return fmt::format("c:{:x}", *socket.cookie);
  }
  return socket.inode != 0 ? fmt::format("i:{}", socket.inode) : "";
}

bool is_half_full(const UnixSocket& listener) {
  const std::uint64_t waiting = listener.recv_queue.value_or(0);
  return listener.send_queue ? waiting != 0 && 2 * waiting >= *listener.send_queue : waiting >= long_accept_queue;
}

// 1 grew, -1 shrank, 0 noise.
int queue_step(const UnixSocket& before, const UnixSocket& after) {
  if (!before.recv_queue || !after.recv_queue) {
    return 0;
  }
  if (after.state == UnixState::listening) {
    return int{is_half_full(after)} - int{is_half_full(before)};
  }
  const std::int64_t step = std::int64_t{*after.recv_queue} - std::int64_t{*before.recv_queue};
  const std::int64_t larger = std::max(*after.recv_queue, *before.recv_queue);
  return std::llabs(step) < large_queue_step || 2 * std::llabs(step) < larger ? 0 : step > 0 ? 1 : -1;
}

class UnixDiffer {
public:
  UnixDiffer(const ComparedTable& table, const RuleContext& context)
    : table_(table), before_(table.before.table()), after_(table.after.table()), context_(context), rows_(table) {
  }

  TableDiff run() {
    count_listeners(before_, 0);
    count_listeners(after_, 1);
    const RowMatch match = match_rows(table_, context_.same_boot);
    // Changed rows are matched again: of one name the program says more than the order.
    for (const std::vector<RowPair>* pairs : {&match.changed, &match.replaced}) {
      for (const RowPair& pair : *pairs) {
        const bool stays = pairs == &match.changed;
        add_before(pair.before, stays);
        add_after(pair.after, stays);
      }
    }
    for (const std::uint32_t row : match.removed) {
      add_before(row, false);
    }
    for (const std::uint32_t row : match.added) {
      add_after(row, false);
    }
    find_states();
    for (auto& [name, bucket] : listeners_) {
      explain_listeners(name, match_unix(std::move(bucket.before), std::move(bucket.after), context_.same_boot));
    }
    for (auto& [name, bucket] : bound_) {
      explain_bound(match_unix(std::move(bucket.before), std::move(bucket.after), context_.same_boot));
    }
    add_note();
    return std::move(diff_);
  }

private:
  static UnixName name_of(const UnixSocket& socket) {
    return {socket.netns, socket.type, socket.name.value_or("")};
  }

  void count_listeners(const Table& table, std::size_t side) {
    const Column& states = unix_sockets.column<&UnixSocket::state>(table);
    for (std::uint32_t row = 0; row < table.size(); ++row) {
      if (states.raw(row) == static_cast<std::uint64_t>(UnixState::listening)) {
        ++totals_[name_of(unix_sockets.row(table, row))].at(side);
      }
    }
  }

  void add_before(std::uint32_t row, bool stays) {
    add(before_, row, stays, *context_.owners_before, &Bucket::before, went_, -1);
  }
  void add_after(std::uint32_t row, bool stays) {
    add(after_, row, stays, *context_.owners_after, &Bucket::after, came_, 1);
  }
  void add(const Table& table, std::uint32_t row, bool stays, const Owners& owners,
           std::vector<NumberedUnix> Bucket::*side, std::size_t& counted, int sign) {
    NumberedUnix loaded{row, unix_sockets.row(table, row), ""};
    if (context_.owners_comparable) {
      loaded.program = owners.program(loaded.socket.pid);
    }
    const UnixClass kind = classify(loaded.socket);
    if (kind != UnixClass::counted) {
      auto& buckets = kind == UnixClass::listener ? listeners_ : bound_;
      (buckets[name_of(loaded.socket)].*side).push_back(std::move(loaded));
    } else if (!stays) {
      ++counted;
      if (context_.owners_comparable && loaded.socket.pid) {
        by_owner_[owners.describe(loaded.socket.pid)] += sign;
      }
    }
  }

  // A socket that was bound and listens now is the same one: it was added as a listener and is not gone.
  void find_states() {
    for (auto& [name, bound] : bound_) {
      if (const auto it = listeners_.find(name); it != listeners_.end() && context_.same_boot) {
        drop_same(bound.before, it->second.after);
        drop_same(bound.after, it->second.before);
      }
    }
  }
  static void drop_same(std::vector<NumberedUnix>& bound, const std::vector<NumberedUnix>& listeners) {
    std::set<std::pair<std::uint64_t, std::uint32_t>> identities; // A cookie, else an inode.
    const auto identity = [](const UnixSocket& socket) {
      const std::uint64_t cookie = socket.cookie.value_or(0);
      return std::pair(cookie, cookie == 0 ? socket.inode : 0U);
    };
    for (const NumberedUnix& listener : listeners) {
      identities.insert(identity(listener.socket));
    }
    identities.erase({0, 0});
    std::erase_if(bound, [&](const NumberedUnix& socket) { return identities.contains(identity(socket.socket)); });
  }

  void describe(Event& event, const UnixSocket& socket, const Owners& owners) const {
    event.key = unix_key(socket);
    event.incarnation = incarnation(socket);
    event.owner = owners.describe(socket.pid);
  }
  [[nodiscard]] Event removed(std::string_view name, const NumberedUnix& before) const {
    Event event = rows_.removed(name, before.row);
    event.changed.clear();
    describe(event, before.socket, *context_.owners_before);
    return event;
  }
  [[nodiscard]] Event added(std::string_view name, const NumberedUnix& after) const {
    Event event = rows_.added(name, after.row);
    event.changed.clear();
    describe(event, after.socket, *context_.owners_after);
    return event;
  }
  [[nodiscard]] Event changed(std::string_view name, const NumberedUnix& before, const NumberedUnix& after) const {
    Event event = rows_.changed(name, {before.row, after.row});
    describe(event, after.socket, *context_.owners_after);
    return event;
  }
  void add(Event event) {
    diff_.events.push_back(std::move(event));
  }

  void explain_listeners(const UnixName& name, const UnixMatch& match) {
    for (const auto& [before, after] : match.stayed) {
      compare(before, after);
    }
    add_restarted("unix.listen.restarted", match);
    const auto& [before, after] = totals_[name];
    const bool fewer = !match.removed.empty() && match.added.empty() && after != 0;
    const bool more = !match.added.empty() && match.removed.empty() && before != 0;
    if (fewer || more) {
      Event event = fewer ? removed("unix.listen.workers", match.removed.front())
                          : added("unix.listen.workers", match.added.front());
      event.fields = {{"from", fmt::format("{}", before)}, {"to", fmt::format("{}", after)}};
      add(std::move(event));
      return;
    }
    if (!match.removed.empty()) {
      add_listeners(removed("unix.listen.removed", match.removed.front()), match.removed.size());
    }
    if (!match.added.empty()) {
      add_listeners(added("unix.listen.added", match.added.front()), match.added.size());
    }
  }

  void add_listeners(Event event, std::size_t count) {
    if (count > 1) {
      event.fields.push_back({"workers", fmt::format("{}", count)});
    }
    add(std::move(event));
  }

  void add_restarted(std::string_view name, const UnixMatch& match) {
    if (match.restarted.empty()) {
      return;
    }
    const auto& [before, after] = match.restarted.front();
    Event event = changed(name, before, after);
    if (const std::string owner = context_.owners_before->describe(before.socket.pid); !owner.empty()) {
      event.fields.push_back({"owner_before", owner});
    }
    event.fields.push_back({"sockets", fmt::format("{}", match.restarted.size())});
    add(std::move(event));
  }

  void explain_bound(const UnixMatch& match) {
    for (const auto& [before, after] : match.stayed) {
      compare(before, after);
    }
    add_restarted("unix.rebound", match);
    for (const NumberedUnix& socket : match.removed) {
      add(removed("unix.unbound", socket));
    }
    for (const NumberedUnix& socket : match.added) {
      add(added("unix.bound", socket));
    }
  }

  void compare(const NumberedUnix& before, const NumberedUnix& after) {
    constexpr std::size_t limit = unix_sockets.index_of<&UnixSocket::send_queue>();
    const bool listens = after.socket.state == UnixState::listening;
    Event backlog = changed("unix.listen.backlog", before, after);
    if (listens && before.socket.send_queue && after.socket.send_queue
        && rows_.add_change(backlog, limit, {before.row, after.row})) {
      backlog.fields = {{"from", fmt::format("{}", *before.socket.send_queue)},
                        {"to", fmt::format("{}", *after.socket.send_queue)}};
      backlog.changed.clear();
      add(std::move(backlog));
    }
    compare_owner(before, after);
    if (const int step = queue_step(before.socket, after.socket); step != 0) {
      Event queue = changed("unix.queue", before, after);
      queue.fields = {{"kind", step > 0 ? "grew" : "shrank"}};
      rows_.add_change(queue, unix_sockets.index_of<&UnixSocket::recv_queue>(), {before.row, after.row});
      add(std::move(queue));
    }
  }

  void compare_owner(const NumberedUnix& before, const NumberedUnix& after) {
    const RowPair rows{before.row, after.row};
    const bool programs_known = !before.program.empty() && !after.program.empty();
    const bool other_program = programs_known && before.program != after.program;
    Event event = changed("unix.owner", before, after);
    const bool user = rows_.add_change(event, unix_sockets.index_of<&UnixSocket::uid>(), rows);
    const bool process = context_.owners_comparable && (context_.same_boot || other_program)
                         && rows_.add_change(event, unix_sockets.index_of<&UnixSocket::pid>(), rows);
    if (!user && !process) {
      return;
    }
    event.fields.push_back({"kind", user || other_program ? "changed" : programs_known ? "restarted" : "unknown"});
    if (const std::string owner = context_.owners_before->describe(before.socket.pid); process && !owner.empty()) {
      event.fields.push_back({"owner_before", owner});
    }
    add(std::move(event));
  }

  // "(app[12] +2, nginx[7] -1)"
  [[nodiscard]] std::string list_owners() const {
    std::vector<std::pair<std::string, std::int64_t>> owners(by_owner_.begin(), by_owner_.end());
    std::erase_if(owners, [](const auto& owner) { return owner.second == 0; });
    std::ranges::stable_sort(owners,
                             [](const auto& a, const auto& b) { return std::llabs(a.second) > std::llabs(b.second); });
    std::string text;
    for (std::size_t i = 0; i < std::min(owners.size(), owners_in_a_note); ++i) {
      text += fmt::format("{}{} {:+}", i == 0 ? " (" : ", ", owners[i].first, owners[i].second);
    }
    const std::size_t more = owners.size() - std::min(owners.size(), owners_in_a_note);
    return text.empty() ? "" : text + (more == 0 ? ")" : fmt::format(" and {} more owners)", more));
  }

  void add_note() {
    if (came_ + went_ != 0) {
      diff_.notes.push_back(
        fmt::format("unix_socket: {} connected or unnamed sockets came and {} went{}; they are counted only", came_,
                    went_, list_owners()));
    }
  }

  const ComparedTable& table_;
  const Table& before_;
  const Table& after_;
  const RuleContext& context_;
  RowEvents rows_;
  TableDiff diff_;
  std::map<UnixName, std::array<std::size_t, 2>> totals_; // Listeners before and after.
  std::map<UnixName, Bucket> listeners_;
  std::map<UnixName, Bucket> bound_;
  std::size_t came_ = 0;
  std::size_t went_ = 0;
  std::map<std::string, std::int64_t> by_owner_;
};

} // namespace

TableDiff diff_unix_sockets(const ComparedTable& table, const RuleContext& context) {
  return UnixDiffer(table, context).run();
}

} // namespace hindstat
