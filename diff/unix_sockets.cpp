// SPDX-License-Identifier: MIT
#include "diff/unix_sockets.h"

#include <fmt/format.h>

#include "diff/rows.h"
#include "tables/unix_socket.h"

namespace hindstat {

namespace {

// Whether people know the socket by its name: accepted ones share that of their listener.
bool is_service(const Table* table, std::int64_t row) {
  if (table == nullptr || row < 0) {
    return false;
  }
  const UnixSocket socket = unix_sockets.row(*table, static_cast<std::size_t>(row));
  return socket.name && (socket.state == UnixState::listening || socket.type == UnixType::dgram);
}

} // namespace

UnixDiff diff_unix_sockets(const ComparedTable& table, const Table* before, const Table* after, bool same_boot) {
  UnixDiff diff;
  std::size_t added = 0;
  std::size_t removed = 0;
  for (Event& event : diff_rows(table, same_boot)) {
    if (is_service(before, event.before_row) || is_service(after, event.after_row)) {
      diff.events.push_back(std::move(event));
    } else {
      added += event.before_row < 0 ? 1 : 0;
      removed += event.after_row < 0 ? 1 : 0;
    }
  }
  if (added + removed != 0) {
    diff.notes.push_back(fmt::format(
      "unix_socket: {} connected or unnamed sockets came and {} went; they are counted only", added, removed));
  }
  return diff;
}

} // namespace hindstat
