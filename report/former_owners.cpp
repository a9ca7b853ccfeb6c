// SPDX-License-Identifier: MIT
#include "report/former_owners.h"

#include "report/recorded_names.h"

namespace hindstat {

namespace {

/// Closing moves a connection to another state: without an inode one of these was never accepted.
bool waits_to_be_accepted(const Socket& socket) {
  return socket.protocol == SocketProtocol::tcp && socket.inode == 0 && !socket.pid
         && (socket.state == TcpState::established || socket.state == TcpState::close_wait
             || socket.state == TcpState::syn_recv || socket.state == TcpState::new_syn_recv);
}

} // namespace

FormerOwners::FormerOwners(const Snapshot& shown) {
  const Table* table = shown.find_table(sockets.name());
  const RecordedNames names(shown, NameChoice{.programs = true});
  for (std::size_t i = 0; table != nullptr && i < table->size(); ++i) {
    const Socket socket = sockets.row(*table, i);
    if (socket.protocol == SocketProtocol::tcp && socket.state == TcpState::listen && socket.pid) {
      listeners_[Port(socket.netns, socket.local_port)].push_back(
        {socket.local_address, names.format_program(socket.pid)});
    }
    if (socket.protocol == SocketProtocol::tcp && socket.cookie && !socket.pid && !waits_to_be_accepted(socket)) {
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

std::string FormerOwners::find_accepting(const Socket& socket) const {
  const auto found = listeners_.find(Port(socket.netns, socket.local_port));
  if (found == listeners_.end() || !waits_to_be_accepted(socket)) {
    return "";
  }
  const auto owner_at = [&](const auto& takes) {
    std::string owner;
    for (const Listener& listener : found->second) {
      if (!takes(listener.address) || listener.owner == owner) {
        continue;
      }
      if (!owner.empty()) {
        return std::string("");
      }
      owner = listener.owner;
    }
    return owner;
  };
  const std::string exact = owner_at([&](const IpAddress& address) { return address == socket.local_address; });
  return !exact.empty() ? exact : owner_at([&](const IpAddress& address) {
    return address.is_unspecified() && address.is_v6() == socket.local_address.is_v6();
  });
}

} // namespace hindstat
