// SPDX-License-Identifier: MIT
#include "report/former_owners.h"

#include "report/recorded_names.h"

namespace hindstat {

FormerOwners::FormerOwners(const Snapshot& shown) {
  const Table* table = shown.find_table(sockets.name());
  for (std::size_t i = 0; table != nullptr && i < table->size(); ++i) {
    const Socket socket = sockets.row(*table, i);
    if (socket.protocol == SocketProtocol::tcp && socket.cookie && !socket.pid) {
      owners_.try_emplace(Identity(socket.netns, *socket.cookie));
    }
  }
  missing_ = owners_.size();
}

void FormerOwners::look_into(const Snapshot& earlier) {
  const Table* table = earlier.find_table(sockets.name());
  if (table == nullptr || complete()) {
    return;
  }
  const RecordedNames names(earlier, NameChoice{.programs = true});
  const Column& cookies = sockets.column<&Socket::cookie>(*table);
  const Column& pids = sockets.column<&Socket::pid>(*table);
  const Column& spaces = sockets.column<&Socket::netns>(*table);
  for (std::size_t row = 0; row < table->size(); ++row) {
    if (cookies.is_null(row) || pids.is_null(row)) {
      continue;
    }
    const auto found = owners_.find(Identity(spaces.bytes(row), cookies.raw(row)));
    if (found != owners_.end() && found->second.empty()) {
      found->second = names.format_program(static_cast<std::uint32_t>(pids.raw(row)));
      --missing_;
    }
  }
}

std::string FormerOwners::find(const Socket& socket) const {
  if (socket.protocol != SocketProtocol::tcp || !socket.cookie || socket.pid) {
    return "";
  }
  const auto found = owners_.find(Identity(socket.netns, *socket.cookie));
  return found != owners_.end() ? found->second : "";
}

} // namespace hindstat
