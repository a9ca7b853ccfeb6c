// SPDX-License-Identifier: MIT
#include "report/netstat_other_routes.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "diff/source_coverage.h"
#include "report/statuses.h"
#include "tables/format.h"

namespace hindstat {

namespace {

bool is_selected(OtherRouteFamily family, const OtherRouteView& view) {
  return view.families.empty() || std::ranges::find(view.families, family) != view.families.end();
}

std::string format_heading(OtherRouteFamily family, const std::string& netns) {
  const std::string where = netns.empty() ? "" : fmt::format(" in network namespace {}", escape_terminal(netns));
  switch (family) {
    case OtherRouteFamily::ipx:
      return fmt::format("Kernel IPX routing table{}\n{:<25} {:<25} {}\n", where, "Destination", "Router Net",
                         "Router Node");
    case OtherRouteFamily::ddp:
      return (netns.empty() ? "" : fmt::format("Kernel AppleTalk routing table{}\n", where))
             + "Destination     Gateway         Device          Flags\n";
    case OtherRouteFamily::x25:
      break;
  }
  return fmt::format("Kernel X.25 routing table{}\nAddress          Digits  Device\n", where);
}

std::string format_flags(const OtherRoute& route) {
  const auto has = [&](OtherRouteFlag flag) { return route.flags && route.flags->has(flag); };
  return fmt::format("{}{}{}", has(OtherRouteFlag::up) ? "U" : "", has(OtherRouteFlag::gateway) ? "G" : "",
                     has(OtherRouteFlag::host) ? "H" : "");
}

std::string format_line(const OtherRoute& route) {
  const std::string destination = escape_terminal(route.destination);
  const std::string device = route.interface ? escape_terminal(*route.interface) : "???";
  if (route.family == OtherRouteFamily::ddp) {
    return fmt::format("{:<15} {:<15} {:<15} {}\n", destination, escape_terminal(route.gateway.value_or("0000:00")),
                       device, format_flags(route));
  }
  if (route.family == OtherRouteFamily::x25) {
    return fmt::format("{:<15}  {:<6}  {:<5}\n", destination, route.digits.value_or(0), device);
  }
  const std::string gateway = escape_terminal(route.gateway.value_or("Directly:Connected"));
  const std::size_t colon = gateway.find(':');
  return fmt::format("{:<25} {:<25} {:<25}\n", destination, gateway.substr(0, colon),
                     colon == std::string::npos ? "" : gateway.substr(colon + 1));
}

auto sort_key(const OtherRoute& route) {
  return std::tuple(route.netns, route.family, route.destination, route.digits, route.gateway, route.interface);
}

} // namespace

std::vector<std::uint32_t> select_other_routes(const Table& table, const OtherRouteView& view) {
  std::vector<std::pair<decltype(sort_key(OtherRoute())), std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const OtherRoute route = other_routes.row(table, i);
    if (is_selected(route.family, view)) {
      found.emplace_back(sort_key(route), i);
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

std::string format_other_routes(const Snapshot& snapshot, const OtherRouteView& view) {
  const Table* table = snapshot.find_table(other_routes.name());
  const std::vector<std::uint32_t> rows =
    table != nullptr ? select_other_routes(*table, view) : std::vector<std::uint32_t>();
  std::string out;
  for (const Capture& capture : captures_of(snapshot, other_routes.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    for (const ValueName& family : NamesOf<OtherRouteFamily>::values) {
      if (!is_selected(static_cast<OtherRouteFamily>(family.value), view)) {
        continue;
      }
      const std::string_view answer = find_coverage(capture.coverage, family.name);
      if (answer != "proc" && answer != "partial") {
        out += fmt::format("routes of {}: not collected: {}\n", family.name,
                           answer.empty() ? "absent" : escape_terminal(answer));
        continue;
      }
      out += format_heading(static_cast<OtherRouteFamily>(family.value), capture.netns);
      for (const std::uint32_t row : rows) {
        const OtherRoute route = other_routes.row(*table, row);
        if (route.family == static_cast<OtherRouteFamily>(family.value) && route.netns == capture.netns) {
          out += format_line(route);
        }
      }
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", other_routes.name()) : out;
}

} // namespace hindstat
