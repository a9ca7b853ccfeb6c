// SPDX-License-Identifier: MIT
// Sockets of the unix family as net-tools 2.10 prints them:
//   unix  2      [ ACC ]     STREAM     LISTENING     876978   20886/python3        /run/lab/stream.sock
// Only the order differs: netstat prints the kernel's hash order, which means nothing; this one is stable.
#include "report/netstat_unix.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/recorded_names.h"
#include "report/socket_columns.h"
#include "report/statuses.h"
#include "tables/format.h"
#include "tables/unix_socket.h"

namespace hindstat {

namespace {

bool is_listening(const UnixSocket& socket) {
  return socket.state == UnixState::listening;
}

auto sort_key(const UnixSocket& socket) {
  return std::tuple(socket.netns, !is_listening(socket), !socket.name.has_value(), socket.name, socket.type,
                    socket.state, socket.inode, socket.cookie);
}

std::string format_name(const std::optional<std::string>& name) {
  if (!name) {
    return "";
  }
  std::string text = *name;
  if (!text.empty() && text.front() == '\0') {
    std::ranges::replace(text, '\0', '@');
  }
  return escape_terminal(text);
}

std::string format_header(const UnixView& view) {
  std::string line = "Proto RefCnt Flags       Type       State         I-Node   ";
  if (view.programs) {
    line += format_owner_heading() + ' ';
  }
  return line + "Path\n";
}

std::string format_line(const UnixSocket& socket, const UnixView& view, const RecordedNames& names) {
  const std::string state = socket.state == UnixState::unconnected
                              ? ""
                              : format_enum(NamesOf<UnixState>::values, static_cast<std::uint64_t>(socket.state));
  std::string line = fmt::format(
    "unix  {:<6} {:<11} {:<10} {:<13} {:<8} ", socket.references ? fmt::format("{}", *socket.references) : "-",
    is_listening(socket) ? "[ ACC ]" : "[ ]",
    format_enum(NamesOf<UnixType>::values, static_cast<std::uint64_t>(socket.type)), state, socket.inode);
  if (view.programs) {
    line += format_owner(names, socket.pid) + ' ';
  }
  return line + format_name(socket.name) + '\n';
}

} // namespace

std::vector<std::uint32_t> select_unix_sockets(const Table& table, const UnixView& view) {
  std::vector<std::pair<decltype(sort_key(UnixSocket())), std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const UnixSocket socket = unix_sockets.row(table, i);
    if (view.all || is_listening(socket) == view.listening) {
      found.emplace_back(sort_key(socket), i);
    }
  }
  std::ranges::sort(found);
  std::vector<std::uint32_t> rows;
  rows.reserve(found.size());
  for (const auto& [key, row] : found) {
    rows.push_back(row);
  }
  return rows;
}

std::string format_unix_sockets(const Snapshot& snapshot, const UnixView& view) {
  const RecordedNames names(snapshot, NameChoice{.programs = view.programs});
  const Table* table = snapshot.find_table(unix_sockets.name());
  const std::vector<std::uint32_t> rows =
    table != nullptr ? select_unix_sockets(*table, view) : std::vector<std::uint32_t>();
  std::string out;
  for (const Capture& capture : captures_of(snapshot, unix_sockets.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    out += format_socket_title("UNIX domain sockets", view.all, view.listening, capture.netns) + format_header(view);
    for (const std::uint32_t row : rows) {
      const UnixSocket socket = unix_sockets.row(*table, row);
      if (socket.netns == capture.netns) {
        out += format_line(socket, view, names);
      }
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", unix_sockets.name()) : out;
}

} // namespace hindstat
