// SPDX-License-Identifier: MIT
// The routing tables as net-tools 2.10 prints them. netstat reads /proc/net/route and /proc/net/ipv6_route, whose
// flags and metrics the kernel derives from the routes (net/ipv4/fib_trie.c fib_route_seq_show and fib_flag_trans,
// net/ipv6/ip6_fib.c ipv6_route_native_seq_show); the same derivations are made here from the recorded routes.
#include "report/netstat_routes.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/statuses.h"
#include "tables/route.h"

namespace hindstat {

namespace {

constexpr std::uint32_t main_table = 254;
constexpr std::uint32_t local_table = 255;

bool is_v6(const Route& route) {
  return route.destination.is_v6();
}

bool rejects_v4(const Route& route) {
  return route.type == RouteType::unreachable || route.type == RouteType::prohibit;
}

// A route over the loopback device to what is not of this host rejects, whatever rtnetlink calls its type
// (net/ipv6/route.c fib6_is_reject).
bool leads_nowhere(const Route& route) {
  static const IpAddress loopback = *parse_ip_address("::1");
  return route.interface == "lo" && route.type != RouteType::local && route.type != RouteType::anycast
         && route.destination != loopback;
}

bool rejects_v6(const Route& route) {
  return rejects_v4(route) || route.type == RouteType::blackhole || route.type == RouteType::throw_route
         || leads_nowhere(route);
}

std::string format_netmask(std::uint8_t prefix_length) {
  const std::uint32_t mask = prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - std::min<unsigned>(prefix_length, 32));
  return fmt::format("{}.{}.{}.{}", mask >> 24, (mask >> 16) & 0xFF, (mask >> 8) & 0xFF, mask & 0xFF);
}

std::string format_gateway(const Route& route, std::string_view none) {
  return route.gateway ? format_ip_address(*route.gateway) : std::string(none);
}

std::string flags_v4(const Route& route) {
  std::string flags = rejects_v4(route) ? "!" : route.gateway ? "UG" : "U";
  if (route.prefix_length == 32) {
    flags += 'H';
  }
  return flags;
}

std::string flags_v6(const Route& route) {
  if (rejects_v6(route)) {
    return "!n";
  }
  std::string flags = route.gateway ? "UG" : "U";
  if (route.expires) {
    flags += 'e';
  }
  if (route.type == RouteType::local || route.type == RouteType::anycast) {
    flags += 'n';
  }
  return flags;
}

std::string header_v4(int extend) {
  const std::string common = "Destination     Gateway         Genmask         Flags ";
  switch (extend) {
    case 0:
      return common + "  MSS Window  irtt Iface\n";
    case 1:
      return common + "Metric Ref    Use Iface\n";
    default:
      return common + "Metric Ref    Use Iface    MSS   Window irtt\n";
  }
}

// The last columns; a route that rejects has none of them.
std::string metrics_v4(const Route& route, int extend) {
  const bool rejects = rejects_v4(route);
  const std::string interface = rejects ? "-" : escape_terminal(route.interface.value_or("*"));
  const std::string ref = rejects ? "-" : "0";
  const auto shown = [&](std::uint32_t value) { return rejects ? "-" : fmt::format("{}", value); };
  const std::string mss = shown(route.advmss.value_or(0) != 0 ? *route.advmss + 40 : 0);
  const std::string window = shown(route.window.value_or(0));
  const std::string irtt = shown(route.rtt.value_or(0) >> 3);
  switch (extend) {
    case 0:
      return fmt::format("{:>5} {:<5} {:>6} {}", mss, window, irtt, interface);
    case 1:
      return fmt::format("{:<6} {:<2} {:>7} {}", route.metric, ref, 0, interface);
    default:
      return fmt::format("{:<6} {:<3} {:>6} {:<8} {:<5} {:<6} {}", route.metric, ref, 0, interface, mss, window, irtt);
  }
}

std::string line_v4(const Route& route, int extend) {
  return fmt::format("{:<15} {:<15} {:<15} {:<5} {}\n", format_ip_address(route.destination),
                     rejects_v4(route) ? "-" : format_gateway(route, "0.0.0.0"), format_netmask(route.prefix_length),
                     flags_v4(route), metrics_v4(route, extend));
}

std::string line_v6(const Route& route) {
  return fmt::format("{:<30} {:<26} {:<4} {:<3} {:<1} {:>6} {}\n",
                     fmt::format("{}/{}", format_ip_address(route.destination), route.prefix_length),
                     format_gateway(route, "::"), flags_v6(route), static_cast<std::int32_t>(route.metric), "-", "-",
                     escape_terminal(route.interface.value_or("*")));
}

// The entry that ends each IPv6 table without a default route: no route, but /proc/net/ipv6_route has it. The kernel
// makes the tables main and local with each namespace; the others are known by their routes.
std::string null_entries(const std::set<std::uint32_t>& tables, const std::set<std::uint32_t>& with_default) {
  std::string out;
  if (!tables.empty()) {
    std::set<std::uint32_t> all = tables;
    all.insert({main_table, local_table});
    for (const std::uint32_t table : all) {
      out += with_default.contains(table)
               ? ""
               : fmt::format("{:<30} {:<26} {:<4} {:<3} {:<1} {:>6} {}\n", "::/0", "::", "!n", -1, "-", "-", "lo");
    }
  }
  return out;
}

bool is_shown(const Route& route, bool v6) {
  if (v6 || is_v6(route)) {
    return v6 == is_v6(route);
  }
  return route.table == main_table && route.type != RouteType::broadcast && route.type != RouteType::multicast;
}

std::string format_title(bool v6, const std::string& netns) {
  const std::string_view title = v6 ? "Kernel IPv6 routing table" : "Kernel IP routing table";
  return netns.empty() ? fmt::format("{}\n", title)
                       : fmt::format("{} in network namespace {}\n", title, escape_terminal(netns));
}

/// The rows of a table that are to be printed; empty where the table was not collected.
struct Rows {
  const Table* table = nullptr;
  std::vector<std::uint32_t> rows;
};

std::string format_family(const Rows& shown, bool v6, const std::string& netns, int extend) {
  std::string out = format_title(v6, netns);
  out += v6 ? "Destination                    Next Hop                   Flag Met Ref  Use If\n" : header_v4(extend);
  std::set<std::uint32_t> v6_tables;
  std::set<std::uint32_t> v6_tables_with_default;
  for (const std::uint32_t row : shown.rows) {
    const Route route = routes.row(*shown.table, row);
    if (route.netns != netns || !is_shown(route, v6)) {
      continue;
    }
    out += v6 ? line_v6(route) : line_v4(route, extend);
    if (v6) {
      v6_tables.insert(route.table);
    }
    if (v6 && route.prefix_length == 0) {
      v6_tables_with_default.insert(route.table);
    }
  }
  return out + null_entries(v6_tables, v6_tables_with_default);
}

// As the kernel's trie is walked: by address, the longer prefix first. Sources and types only break ties.
auto sort_key(const Route& route) {
  return std::tuple(route.netns, is_v6(route), route.table, route.destination, -int{route.prefix_length},
                    -int{route.tos}, route.metric, route.type, route.source.value_or(IpAddress()),
                    route.source_prefix_length, route.hop.value_or(0), route.gateway.value_or(IpAddress()),
                    route.interface.value_or(""));
}

} // namespace

std::vector<std::uint32_t> select_routes(const Table& table, const RouteView& view) {
  std::vector<std::pair<decltype(sort_key(Route())), std::uint32_t>> found;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const Route route = routes.row(table, i);
    if (view.ipv4 == view.ipv6 || (is_v6(route) ? view.ipv6 : view.ipv4)) {
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

std::string format_routes(const Snapshot& snapshot, const RouteView& view) {
  Rows rows;
  if (const Table* table = snapshot.find_table(routes.name())) {
    rows = Rows{table, select_routes(*table, view)};
  }
  std::string out;
  for (const Capture& capture : captures_of(snapshot, routes.name())) {
    if (!was_collected(capture.status)) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    if (view.ipv4 || !view.ipv6) {
      out += format_family(rows, false, capture.netns, view.extend);
    }
    if (view.ipv6) {
      out += format_family(rows, true, capture.netns, view.extend);
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", routes.name()) : out;
}

} // namespace hindstat
