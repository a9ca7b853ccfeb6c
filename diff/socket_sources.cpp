// SPDX-License-Identifier: MIT
#include "diff/socket_sources.h"

#include <algorithm>

#include "tables/socket.h"

namespace hindstat {

ToldBySource find_told(const Table& table) {
  const Column& inodes = sockets.column<&Socket::inode>(table);
  const Column& timers = sockets.column<&Socket::timer>(table);
  ToldBySource told;
  const Column& users = sockets.column<&Socket::uid>(table);
  told.users = users.null_count() < users.size();
  for (std::size_t row = 0; row < table.size() && !(told.inodes && told.timers); ++row) {
    told.inodes = told.inodes || inodes.raw(row) != 0;
    told.timers = told.timers || timers.raw(row) != 0;
  }
  return told;
}

SocketContext make_socket_context(const ComparedTable& table, const Comparability& comparability,
                                  const Snapshot& after) {
  SocketContext context;
  context.interval.same_boot = comparability.same_boot && comparability.same_namespace;
  if (comparability.same_boot) {
    context.interval.why_others = "it is in another network namespace";
  }
  context.interval.elapsed_ns = comparability.elapsed_ns;
  context.interval.after_boottime_ms =
    static_cast<std::uint64_t>(std::max<std::int64_t>(after.info.clocks.boottime_ns, 0)) / 1'000'000;
  context.owners_comparable = comparability.owners_comparable;
  context.sources_differ = table.sources_differ;
  if (table.sources_differ) {
    const ToldBySource told_before = find_told(table.before.table());
    const ToldBySource told_after = find_told(table.after.table());
    context.interval.inodes_comparable = told_before.inodes && told_after.inodes;
    context.users_comparable = told_before.users && told_after.users;
    context.timers_comparable = told_before.timers && told_after.timers;
  }
  return context;
}

} // namespace hindstat
