// SPDX-License-Identifier: MIT
// The routing cache as net-tools 2.10 prints it (lib/inet_gr.c rprint_cache): of Linux before 3.6 as it stood in
// /proc/net/rt_cache, whose columns have had no content since; of later kernels the learned path MTUs and redirects.
#include "report/netstat_route_cache.h"

#include <net/route.h>

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "base/escape.h"
#include "report/statuses.h"
#include "tables/route_cache.h"
#include "tables/route_exception.h"

namespace hindstat {

namespace {

constexpr std::uint32_t locked_mtu = 1U << 2; // 1 << RTAX_MTU

/// Letters of net-tools; of the first group (RTF_*) the meaning depends on the layout.
struct Letter {
  std::uint32_t flag;
  std::string_view letters;
};

constexpr std::array old_letters{Letter{RTF_UP, "U"},        Letter{RTF_HOST, "H"},    Letter{RTF_GATEWAY, "G"},
                                 Letter{RTF_REINSTATE, "R"}, Letter{RTF_DYNAMIC, "D"}, Letter{RTF_MODIFIED, "M"}};
constexpr std::array low_letters{Letter{RTF_GATEWAY, "G"},  Letter{RTF_REINSTATE, "R"}, Letter{RTF_DYNAMIC, "D"},
                                 Letter{RTF_MODIFIED, "M"}, Letter{0x1, "-"},           Letter{0x4, "o"}};
constexpr std::array cache_letters{Letter{0x1'0000, "n"},    Letter{0x2'0000, "d"},    Letter{0x8'0000, "t"},
                                   Letter{0x20'0000, "f"},   Letter{0x40'0000, "q"},   Letter{0x80'0000, "Ns"},
                                   Letter{0x100'0000, "r"},  Letter{0x400'0000, "i"},  Letter{0x800'0000, "Nd"},
                                   Letter{0x1000'0000, "b"}, Letter{0x2000'0000, "m"}, Letter{0x4000'0000, "#"},
                                   Letter{0x8000'0000, "l"}};

std::string letters_of(std::uint32_t flags, std::span<const Letter> letters) {
  std::string text;
  for (const Letter& letter : letters) {
    text += (flags & letter.flag) != 0 ? letter.letters : "";
  }
  return text;
}

std::string title(std::string_view family, const std::string& netns) {
  return fmt::format("Kernel {} routing cache{}\n", family,
                     netns.empty() ? "" : fmt::format(" in network namespace {}", escape_terminal(netns)));
}

std::string format_optional(const std::optional<IpAddress>& address, std::string_view none) {
  return address ? format_ip_address(*address) : std::string(none);
}

// ---------------------------------------------------------------- Linux before 3.6

std::string old_flags(const RouteCacheEntry& entry) {
  const bool linux_2_0 = !entry.tos;
  std::string low = linux_2_0 ? letters_of(entry.flags, old_letters) : letters_of(entry.flags, low_letters);
  if ((entry.flags & RTF_REJECT) != 0) {
    low = "!";
  }
  return low + letters_of(entry.flags, cache_letters);
}

std::string old_header(int extend, bool linux_2_0) {
  const std::string common = "Source          Destination     Gateway         Flags ";
  switch (extend) {
    case 0:
      return common + "  MSS Window  irtt Iface\n";
    case 1:
      return common + "Metric Ref    Use Iface\n";
    default:
      return common + "Metric Ref    Use Iface    MSS   Window irtt  "
             + (linux_2_0 ? "HH  Arp\n" : "TOS HHRef HHUptod     SpecDst\n");
  }
}

std::string old_line(const RouteCacheEntry& entry, int extend) {
  std::string line =
    fmt::format("{:<15} {:<15} {:<15} {:<5} ", format_ip_address(entry.source), format_ip_address(entry.destination),
                format_ip_address(entry.gateway), old_flags(entry));
  const std::string interface = escape_terminal(entry.interface.value_or("*"));
  if (extend == 0) {
    return line + fmt::format("{:>5} {:<5} {:>6} {}\n", entry.mtu, entry.window, entry.irtt, interface);
  }
  if (extend == 1) {
    return line + fmt::format("{:<6} {:<2} {:>7} {}\n", entry.metric, entry.references, entry.uses, interface);
  }
  line += fmt::format("{:<6} {:<3} {:>6} {:<8} {:<5} {:<6} {:<5} ", entry.metric, entry.references, entry.uses,
                      interface, entry.mtu, entry.window, entry.irtt);
  if (!entry.tos) {
    return line + fmt::format("{:<3} {}\n", entry.hh_references, entry.hh_up_to_date);
  }
  return line
         + fmt::format("{:<3} {:<3}   {:<3} {:>15}\n", *entry.tos, entry.hh_references, entry.hh_up_to_date,
                       format_optional(entry.specific_destination, "0.0.0.0"));
}

std::string format_old(const Table& table, const RouteView& view, const std::string& netns) {
  std::vector<RouteCacheEntry> entries;
  for (const std::uint32_t row : select_route_cache(table, view)) {
    entries.push_back(route_cache_entries.row(table, row));
  }
  std::erase_if(entries, [&](const RouteCacheEntry& entry) { return entry.netns != netns; });
  std::string out = title("IP", netns);
  out += old_header(view.extend, !entries.empty() && !entries.front().tos);
  for (const RouteCacheEntry& entry : entries) {
    out += old_line(entry, view.extend);
  }
  return out;
}

// ---------------------------------------------------------------- later kernels

std::string new_flags(const RouteException& entry) {
  std::string flags = entry.error ? "!" : entry.gateway ? "UG" : "U";
  if (entry.prefix_length == (entry.destination.is_v6() ? 128 : 32)) {
    flags += 'H';
  }
  if (entry.flags.has(RouteCacheFlag::redirected)) {
    flags += 'D';
  }
  return flags + letters_of(entry.flags.bits, cache_letters);
}

std::string format_path_mtu(const RouteException& entry) {
  if (!entry.mtu) {
    return "-";
  }
  return fmt::format("{}{}", (entry.locked_metrics.value_or(0) & locked_mtu) != 0 ? "lock " : "", *entry.mtu);
}

std::string format_expiry(const RouteException& entry, std::int64_t boottime_ns) {
  if (!entry.expires) {
    return "-";
  }
  const auto now_ms = static_cast<std::uint64_t>(boottime_ns / 1'000'000);
  return fmt::format("{}", *entry.expires > now_ms ? (*entry.expires - now_ms) / 1000 : 0);
}

std::string new_columns(const RouteException& entry, int extend, std::int64_t boottime_ns) {
  const std::string interface = escape_terminal(entry.interface.value_or("*"));
  const std::string mtu = format_path_mtu(entry);
  const std::string expires = format_expiry(entry, boottime_ns);
  const auto counted = [](const std::optional<std::uint32_t>& count) {
    return count ? fmt::format("{}", *count) : "-";
  };
  const std::string use =
    fmt::format("{:<6} {:<3} {:>6}", entry.metric, counted(entry.references), counted(entry.uses));
  switch (extend) {
    case 0:
      return fmt::format("{:>9} {:>7} {}\n", mtu, expires, interface);
    case 1:
      return fmt::format("{} {}\n", use, interface);
    default:
      return fmt::format("{} {:<8} {:>9} {:>7} {:>3}\n", use, interface, mtu, expires, entry.tos);
  }
}

std::string new_header(bool v6, int extend) {
  std::string header = v6 ? fmt::format("{:<30} {:<30} {:<26} ", "Source", "Destination", "Next Hop")
                          : fmt::format("{:<15} {:<15} {:<15} ", "Source", "Destination", "Gateway");
  header += "Flags ";
  switch (extend) {
    case 0:
      return header + "     PMTU Expires Iface\n";
    case 1:
      return header + "Metric Ref    Use Iface\n";
    default:
      return header + "Metric Ref    Use Iface         PMTU Expires TOS\n";
  }
}

std::string format_prefix(const std::optional<IpAddress>& address, std::uint8_t length, bool v6) {
  if (!address) {
    return v6 ? "::/0" : "0.0.0.0";
  }
  const bool is_host = length == (v6 ? 128 : 32);
  return format_ip_address(*address) + (is_host ? "" : fmt::format("/{}", length));
}

std::string new_line(const RouteException& entry, int extend, std::int64_t boottime_ns) {
  const bool v6 = entry.destination.is_v6();
  const std::string source = format_prefix(entry.source, entry.source_prefix_length, v6);
  const std::string destination = format_prefix(entry.destination, entry.prefix_length, v6);
  const std::string gateway = format_optional(entry.gateway, v6 ? "::" : "0.0.0.0");
  const std::string line = v6 ? fmt::format("{:<30} {:<30} {:<26} ", source, destination, gateway)
                              : fmt::format("{:<15} {:<15} {:<15} ", source, destination, gateway);
  return line + fmt::format("{:<5} ", new_flags(entry)) + new_columns(entry, extend, boottime_ns);
}

std::string format_new(const Snapshot& snapshot, const Table& table, const RouteView& view, bool v6,
                       const std::string& netns) {
  std::string out = title(v6 ? "IPv6" : "IP", netns) + new_header(v6, view.extend);
  for (const std::uint32_t row : select_route_exceptions(table, view)) {
    const RouteException entry = route_exceptions.row(table, row);
    if (entry.netns == netns && entry.destination.is_v6() == v6) {
      out += new_line(entry, view.extend, snapshot.info.clocks.boottime_ns);
    }
  }
  return out;
}

/// Sorts rows by what key(row index) gives.
template <typename Key>
std::vector<std::uint32_t> sorted_by(std::vector<std::uint32_t> rows, Key&& key) {
  std::ranges::stable_sort(rows, {}, key);
  return rows;
}

auto exception_key(const RouteException& entry) {
  return std::tuple(entry.netns, entry.destination, entry.prefix_length, entry.source.value_or(IpAddress()), entry.tos,
                    entry.table, entry.interface.value_or(""), entry.gateway.value_or(IpAddress()));
}

auto cache_key(const RouteCacheEntry& entry) {
  return std::tuple(entry.netns, entry.source, entry.destination, entry.tos.value_or(0), entry.interface.value_or(""),
                    entry.gateway);
}

} // namespace

std::vector<std::uint32_t> select_route_exceptions(const Table& table, const RouteView& view) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const bool v6 = route_exceptions.row(table, i).destination.is_v6();
    if (view.ipv4 == view.ipv6 || (v6 ? view.ipv6 : view.ipv4)) {
      rows.push_back(i);
    }
  }
  return sorted_by(std::move(rows), [&](std::uint32_t row) { return exception_key(route_exceptions.row(table, row)); });
}

std::vector<std::uint32_t> select_route_cache(const Table& table, const RouteView& view) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < table.size() && (view.ipv4 || !view.ipv6); ++i) {
    rows.push_back(i);
  }
  return sorted_by(std::move(rows), [&](std::uint32_t row) { return cache_key(route_cache_entries.row(table, row)); });
}

std::string format_route_cache(const Snapshot& snapshot, const RouteView& view) {
  const Table* const learned = snapshot.find_table(route_exceptions.name());
  const Table* const old = snapshot.find_table(route_cache_entries.name());
  const std::vector<Capture> old_captures = captures_of(snapshot, route_cache_entries.name());
  std::string out;
  for (const Capture& capture : captures_of(snapshot, route_exceptions.name())) {
    const auto old_capture = std::ranges::find(old_captures, capture.netns, &Capture::netns);
    const bool has_old = old_capture != old_captures.end() && was_collected(old_capture->status) && old != nullptr;
    const bool wants_v4 = view.ipv4 || !view.ipv6;
    if (wants_v4 && has_old) {
      out += format_old(*old, view, capture.netns);
    }
    if (!was_collected(capture.status) || learned == nullptr) {
      out += escape_terminal(describe_capture(capture)) + '\n';
      continue;
    }
    if (wants_v4 && !has_old) {
      out += format_new(snapshot, *learned, view, false, capture.netns);
    }
    if (view.ipv6 || !view.ipv4) {
      out += format_new(snapshot, *learned, view, true, capture.netns);
    }
  }
  return out.empty() ? fmt::format("{}: not collected: not in this snapshot\n", route_exceptions.name()) : out;
}

} // namespace hindstat
