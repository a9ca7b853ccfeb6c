// SPDX-License-Identifier: MIT
// Sockets of the families that net-tools 2.10 prints each in a layout of its own; those of ss in one.
#include "report/netstat_families.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "diff/source_coverage.h"
#include "report/family_lines.h"
#include "report/recorded_names.h"
#include "report/socket_columns.h"
#include "report/statuses.h"
#include "tables/format.h"

namespace hindstat {

namespace {

/// In the order of netstat, then of ss.
constexpr std::array order_of_families{
  OtherFamily::ipx,    OtherFamily::ax25,  OtherFamily::x25, OtherFamily::netrom, OtherFamily::rose, OtherFamily::l2cap,
  OtherFamily::rfcomm, OtherFamily::vsock, OtherFamily::xdp, OtherFamily::tipc,   OtherFamily::smc,  OtherFamily::ddp,
};
constexpr std::size_t shown_unasked = 7;

std::size_t order_of(OtherFamily family) {
  return static_cast<std::size_t>(std::ranges::find(order_of_families, family) - order_of_families.begin());
}

bool is_bluetooth(OtherFamily family) {
  return family == OtherFamily::l2cap || family == OtherFamily::rfcomm;
}

bool is_of_ss(OtherFamily family) {
  return family == OtherFamily::vsock || family == OtherFamily::xdp || family == OtherFamily::tipc
         || family == OtherFamily::smc;
}

bool is_shown_family(OtherFamily family, const FamilyView& view) {
  return view.families.empty() ? order_of(family) < shown_unasked
                               : std::ranges::find(view.families, family) != view.families.end();
}

bool is_listening(const OtherSocket& socket) {
  return socket.state == OtherState::listen || (is_bluetooth(socket.family) && socket.state == OtherState::bound);
}

bool is_selected(const OtherSocket& socket, const FamilyView& view) {
  if (!is_shown_family(socket.family, view)) {
    return false;
  }
  if (socket.family == OtherFamily::x25) {
    return view.all || socket.channel.value_or(0) != 0;
  }
  if (is_bluetooth(socket.family) || is_of_ss(socket.family)) {
    return view.all || is_listening(socket) == view.listening || (is_bluetooth(socket.family) && !socket.state);
  }
  return true;
}

auto sort_key(const OtherSocket& socket) {
  return std::tuple(socket.netns, order_of(socket.family), !is_listening(socket), socket.local_address,
                    socket.local_port, socket.remote_address, socket.remote_port, socket.channel, socket.local_call,
                    socket.interface, socket.inode, socket.cookie);
}

std::string format_title(OtherFamily family, const FamilyView& view, const std::string& netns) {
  constexpr std::array names{std::pair(OtherFamily::ipx, "IPX"),     std::pair(OtherFamily::ax25, "AX.25"),
                             std::pair(OtherFamily::x25, "X.25"),    std::pair(OtherFamily::netrom, "NET/ROM"),
                             std::pair(OtherFamily::rose, "ROSE"),   std::pair(OtherFamily::ddp, "AppleTalk"),
                             std::pair(OtherFamily::vsock, "vsock"), std::pair(OtherFamily::xdp, "XDP"),
                             std::pair(OtherFamily::tipc, "TIPC"),   std::pair(OtherFamily::smc, "SMC")};
  if (is_bluetooth(family)) {
    return format_socket_title("Bluetooth connections", view.all, view.listening, netns);
  }
  const auto* const found = std::ranges::find(names, family, [](const auto& name) { return name.first; });
  const std::string what = fmt::format("{} sockets", found != names.end() ? found->second : "");
  if (is_of_ss(family)) {
    return format_socket_title(what, view.all, view.listening, netns);
  }
  const std::string title = "Active " + what;
  return netns.empty() ? title + '\n' : fmt::format("{} in network namespace {}\n", title, escape_terminal(netns));
}

/// Whether the capture tells of the family: "netlink", "proc"; else why it does not.
std::string answer_of(const Capture& capture, OtherFamily family) {
  const std::string_view answer = find_coverage(capture.coverage, name_of_family(family));
  return answer.empty() ? "absent" : std::string(answer);
}

/// One network namespace while its families are printed.
class FamilyPrinter {
public:
  FamilyPrinter(const Table* table, const std::vector<std::uint32_t>& rows, const FamilyView& view,
                const RecordedNames& names)
    : table_(table), rows_(rows), view_(view), names_(names) {
  }

  [[nodiscard]] std::string format(const Capture& capture) const {
    std::string out;
    bool any_bluetooth = false;
    for (const OtherFamily family : order_of_families) {
      if (!is_shown_family(family, view_)) {
        continue;
      }
      const std::string answer = answer_of(capture, family);
      const bool is_told = answer == "netlink" || answer == "proc" || answer == "partial";
      if (!is_told) {
        out += view_.families.empty() && answer == "absent"
                 ? ""
                 : fmt::format("{}: not collected: {}\n", name_of_family(family), escape_terminal(answer));
        continue;
      }
      // Both protocols of Bluetooth stand under one title.
      out += is_bluetooth(family) && any_bluetooth ? "" : format_title(family, view_, capture.netns);
      any_bluetooth = any_bluetooth || is_bluetooth(family);
      out += format_family_heading(family, view_) + format_rows(family, capture.netns);
    }
    return out;
  }

private:
  [[nodiscard]] std::string format_rows(OtherFamily family, const std::string& netns) const {
    std::string out;
    for (const std::uint32_t row : rows_) {
      const OtherSocket socket = other_sockets.row(*table_, row);
      if (socket.family == family && socket.netns == netns) {
        out += format_family_line(socket, view_, names_);
      }
    }
    return out;
  }

  const Table* table_;
  const std::vector<std::uint32_t>& rows_;
  const FamilyView& view_;
  const RecordedNames& names_;
};

} // namespace

std::vector<std::uint32_t> select_other_sockets(const Table& table, const FamilyView& view) {
  std::vector<std::pair<decltype(sort_key(OtherSocket())), std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const OtherSocket socket = other_sockets.row(table, i);
    if (is_selected(socket, view)) {
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

std::string format_other_sockets(const Snapshot& snapshot, const FamilyView& view) {
  const RecordedNames names(snapshot, NameChoice{.programs = view.programs, .users = view.user_names});
  const Table* table = snapshot.find_table(other_sockets.name());
  const std::vector<std::uint32_t> rows =
    table != nullptr ? select_other_sockets(*table, view) : std::vector<std::uint32_t>();
  const FamilyPrinter printer(table, rows, view, names);
  std::string out;
  for (const Capture& capture : captures_of(snapshot, other_sockets.name())) {
    if (was_collected(capture.status)) {
      out += printer.format(capture);
    } else if (!view.families.empty()) {
      out += escape_terminal(describe_capture(capture)) + '\n';
    }
  }
  const bool says_nothing = out.empty() && !view.families.empty();
  return says_nothing ? fmt::format("{}: not collected: not in this snapshot\n", other_sockets.name()) : out;
}

} // namespace hindstat
