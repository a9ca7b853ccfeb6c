// SPDX-License-Identifier: MIT
#include "diff/tcp_progress.h"

#include "tables/tcp_info.h"

namespace hindstat {

TcpProgress::TcpProgress(const Snapshot& before, const Snapshot& after) {
  sides_[0].table = before.find_table(tcp_infos.name());
  sides_[1].table = after.find_table(tcp_infos.name());
}

void TcpProgress::index() {
  if (indexed_) {
    return;
  }
  indexed_ = true;
  for (Side& side : sides_) {
    const Column& cookies = tcp_infos.column<&TcpInfo::cookie>(*side.table);
    side.row_of_cookie.reserve(side.table->size());
    for (std::uint32_t row = 0; row < side.table->size(); ++row) {
      side.row_of_cookie.try_emplace(cookies.raw(row), row);
    }
  }
}

std::optional<std::uint64_t> TcpProgress::count(const Side& side, std::uint64_t cookie, bool received) {
  const auto it = side.row_of_cookie.find(cookie);
  if (it == side.row_of_cookie.end()) {
    return std::nullopt;
  }
  const Column& bytes = received ? tcp_infos.column<&TcpInfo::bytes_received>(*side.table)
                                 : tcp_infos.column<&TcpInfo::bytes_acked>(*side.table);
  return bytes.is_null(it->second) ? std::nullopt : std::optional(bytes.raw(it->second));
}

std::optional<bool> TcpProgress::moved(const Socket& socket, bool received) {
  if (sides_[0].table == nullptr || sides_[1].table == nullptr || socket.cookie.value_or(0) == 0) {
    return std::nullopt;
  }
  index();
  const auto before = count(sides_[0], *socket.cookie, received);
  const auto after = count(sides_[1], *socket.cookie, received);
  return before && after ? std::optional(*before != *after) : std::nullopt;
}

} // namespace hindstat
