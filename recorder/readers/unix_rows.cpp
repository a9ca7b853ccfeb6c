// SPDX-License-Identifier: MIT
#include "recorder/readers/unix_rows.h"

#include <algorithm>

#include "tables/socket.h"

namespace hindstat {

namespace {

constexpr std::uint32_t accepts_connections = 0x10000; // __SO_ACCEPTCON

std::optional<UnixType> type_of(std::uint32_t number) {
  const bool known =
    std::ranges::find(NamesOf<UnixType>::values, number, &ValueName::value) != NamesOf<UnixType>::values.end();
  return known ? std::optional(static_cast<UnixType>(number)) : std::nullopt;
}

/// unix_diag gives the state of struct sock, which is one of TCP's.
std::optional<UnixState> state_of(const DiagUnixSocket& socket) {
  switch (static_cast<TcpState>(socket.state)) {
    case TcpState::established:
      return UnixState::connected;
    case TcpState::close:
      return UnixState::unconnected;
    case TcpState::listen:
      return UnixState::listening;
    default:
      return std::nullopt;
  }
}

/// The file gives the state of struct socket, or what stands for it, and listening in the flags.
std::optional<UnixState> state_of(const ProcUnixSocket& socket) {
  if ((socket.flags & accepts_connections) != 0) {
    return UnixState::listening;
  }
  const auto state = static_cast<UnixState>(socket.state);
  return state >= UnixState::unconnected && state <= UnixState::disconnecting ? std::optional(state) : std::nullopt;
}

} // namespace

bool UnixRows::add(const DiagUnixSocket& socket, std::optional<std::uint32_t> references) {
  const auto type = type_of(socket.type);
  const auto state = state_of(socket);
  if (!type || !state) {
    return false;
  }
  row_.type = *type;
  row_.state = *state;
  row_.name = socket.name ? std::optional<std::string>(*socket.name) : std::nullopt;
  row_.cookie = socket.cookie;
  row_.inode = socket.inode;
  row_.peer_inode = socket.peer_inode;
  row_.recv_queue = socket.recv_queue;
  row_.send_queue = socket.send_queue;
  row_.uid = socket.uid;
  row_.references = references;
  TableBuilder::add(row_);
  return true;
}

bool UnixRows::add(const ProcUnixSocket& socket) {
  const auto type = type_of(socket.type);
  const auto state = state_of(socket);
  if (!type || !state) {
    return false;
  }
  row_ = UnixSocket();
  row_.type = *type;
  row_.state = *state;
  if (socket.name) {
    row_.name = std::string(*socket.name);
    if (row_.name->starts_with('@')) {
      row_.name->front() = '\0';
    }
  }
  row_.inode = socket.inode;
  row_.references = socket.references;
  TableBuilder::add(row_);
  return true;
}

} // namespace hindstat
