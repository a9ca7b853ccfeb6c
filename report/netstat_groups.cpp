// SPDX-License-Identifier: MIT
// Multicast memberships as net-tools 2.10 prints them with -g -n:
//   eth0            1      224.0.0.1
#include "report/netstat_groups.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/statuses.h"
#include "tables/multicast_group.h"

namespace hindstat {

std::vector<std::uint32_t> select_groups(const Table& table, const GroupView& view) {
  std::vector<std::tuple<std::string, bool, std::string, IpAddress, std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const MulticastGroup group = multicast_groups.row(table, i);
    const bool is_v6 = group.group.is_v6();
    if (view.ipv4 == view.ipv6 || (is_v6 ? view.ipv6 : view.ipv4)) {
      found.emplace_back(group.netns, is_v6, group.interface, group.group, i);
    }
  }
  std::ranges::sort(found);
  std::vector<std::uint32_t> rows;
  rows.reserve(found.size());
  for (const auto& key : found) {
    rows.push_back(std::get<std::uint32_t>(key));
  }
  return rows;
}

std::string format_groups(const Snapshot& snapshot, const GroupView& view) {
  const Table* table = snapshot.find_table(multicast_groups.name());
  const std::vector<std::uint32_t> rows = table != nullptr ? select_groups(*table, view) : std::vector<std::uint32_t>();
  std::string out;
  for (const Capture& capture : captures_of(snapshot, multicast_groups.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    out += "IPv6/IPv4 Group Memberships";
    out += capture.netns.empty() ? "\n" : fmt::format(" in network namespace {}\n", escape_terminal(capture.netns));
    out += "Interface       RefCnt Group\n--------------- ------ ---------------------\n";
    for (const std::uint32_t row : rows) {
      const MulticastGroup group = multicast_groups.row(*table, row);
      if (group.netns == capture.netns) {
        out += fmt::format("{:<15} {:<6} {}\n", escape_terminal(group.interface),
                           group.users ? fmt::format("{}", *group.users) : "-", format_ip_address(group.group));
      }
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", multicast_groups.name()) : out;
}

} // namespace hindstat
