// SPDX-License-Identifier: MIT
#include "diff/socket_details.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "tables/netlink_socket.h"
#include "tables/other_socket.h"
#include "tables/packet_socket.h"
#include "tables/socket.h"
#include "tables/socket_owner.h"
#include "tables/tcp_info.h"
#include "tables/unix_socket.h"

namespace hindstat {

namespace {

constexpr std::array with_inodes{sockets.name(), unix_sockets.name(), packet_sockets.name(), netlink_sockets.name(),
                                 other_sockets.name()};

using Inodes = std::unordered_set<std::uint64_t>;

// Of the sockets of one side, those asked for; all of them where no table of sockets was loaded: nothing is known then.
Inodes find_sockets(const Snapshot& snapshot, const Inodes& asked) {
  Inodes found;
  bool loaded = false;
  for (const std::string_view name : with_inodes) {
    const Table* table = snapshot.find_table(name);
    const Column* inodes = table == nullptr ? nullptr : table->find_column("inode");
    for (std::size_t row = 0; inodes != nullptr && row < inodes->size(); ++row) {
      if (asked.contains(inodes->raw(row))) {
        found.insert(inodes->raw(row));
      }
    }
    loaded = loaded || inodes != nullptr;
  }
  return loaded ? found : asked;
}

std::uint64_t inode_of(const Event& event, const Snapshot& before, const Snapshot& after) {
  const bool gone = event.after_row < 0;
  const Table* table = (gone ? before : after).find_table(socket_owners.name());
  const auto row = static_cast<std::size_t>(gone ? event.before_row : event.after_row);
  return table == nullptr ? 0 : socket_owners.column<&SocketOwner::inode>(*table).raw(row);
}

bool is_of_one_side(const Event& event) {
  return event.before_row < 0 || event.after_row < 0;
}

void drop_owners_of_new_sockets(std::vector<Event>& events, const Snapshot& before, const Snapshot& after) {
  const auto is_owner = [](const Event& event) { return event.table == socket_owners.name() && is_of_one_side(event); };
  Inodes asked;
  for (const Event& event : events) {
    if (is_owner(event)) {
      asked.insert(inode_of(event, before, after));
    }
  }
  if (asked.empty()) {
    return;
  }
  const Inodes in_before = find_sockets(before, asked);
  const Inodes in_after = find_sockets(after, asked);
  std::erase_if(events, [&](const Event& event) {
    const std::uint64_t inode = is_owner(event) ? inode_of(event, before, after) : 0;
    return is_owner(event) && !(in_before.contains(inode) && in_after.contains(inode));
  });
}

bool is_attribute(std::string_view column) {
  const auto index = tcp_infos.spec().find_column(column);
  return index && tcp_infos.spec().columns[*index].role == Role::attribute;
}

} // namespace

std::vector<Event> without_what_sockets_tell(std::vector<Event> events, const Snapshot& before, const Snapshot& after) {
  drop_owners_of_new_sockets(events, before, after);
  std::erase_if(events, [](const Event& event) { return event.table == tcp_infos.name() && is_of_one_side(event); });
  for (Event& event : events) {
    const bool only_levels =
      std::ranges::none_of(event.changed, [](const EventChange& change) { return is_attribute(change.column); });
    if (event.table == tcp_infos.name() && only_levels) {
      event.spec = &event_spec("row.counted");
    }
  }
  return events;
}

} // namespace hindstat
