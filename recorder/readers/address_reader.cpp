// SPDX-License-Identifier: MIT
#include "recorder/readers/address_reader.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "recorder/readers/proc_net_fib_trie.h"
#include "recorder/readers/proc_net_if_inet6.h"
#include "recorder/readers/proc_net_route.h"
#include "recorder/readers/rtnetlink_address.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

PartRead read_netlink(ReadContext& context, std::string_view dump, int family, AddressRows& rows, Capture& capture) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(family);
  const NetlinkRequest request{dump, NETLINK_ROUTE, RTM_GETADDR, std::as_bytes(std::span(&header, 1)), true};
  const auto add = [&rows](auto payload, const InterfaceNames& names, std::uint64_t boottime_ms) {
    return add_address_message(rows, payload, names, boottime_ms);
  };
  return {read_rtnetlink(context, request, RTM_NEWADDR, rows, capture, add)};
}

/// "left out: 10.0.0.1, 10.0.0.2 and 3 more"
std::string format_left_out(const std::vector<IpAddress>& addresses) {
  constexpr std::size_t most_named = 8;
  std::string text = "left out: ";
  for (std::size_t i = 0; i < std::min(addresses.size(), most_named); ++i) {
    text += (i == 0 ? "" : ", ") + format_ip_address(addresses[i]);
  }
  const std::size_t more = addresses.size() - std::min(addresses.size(), most_named);
  return more == 0 ? text : text + " and " + std::to_string(more) + " more";
}

PartRead read_proc4(ReadContext& context, AddressRows& rows, Capture& capture) {
  const FileRead trie = context.system().read_file("/proc/net/fib_trie");
  if (trie.error != 0) {
    return {trie.error};
  }
  FibTrieLines lines;
  read_lines(trie.bytes, capture, [&lines](std::string_view line) { return lines.add(line); });
  const FileRead& routes_file = context.shared_file("/proc/net/route");
  RouteRows route_rows(routes);
  // What is wrong with its lines is said by table route.
  Capture route_capture;
  read_lines(routes_file.bytes, route_capture, [&](std::string_view line) { return add_proc_route(route_rows, line); });
  const std::vector<IpAddress> left_out =
    add_proc_addresses4(rows, std::move(lines).facts(), std::move(route_rows).build());
  mark_partial(capture, "/proc names no interface of an IPv4 address: here are those whose subnet no other address can "
                        "have made, without peer, label, flags and lifetimes");
  if (!left_out.empty()) {
    mark_partial(capture, format_left_out(left_out));
  }
  return {0, !left_out.empty()};
}

PartRead read_proc6(ReadContext& context, AddressRows& rows, Capture& capture) {
  const FileRead file = context.system().read_file("/proc/net/if_inet6");
  if (file.error == 0) {
    read_lines(file.bytes, capture, [&rows](std::string_view line) { return add_proc_address6(rows, line); });
    mark_partial(capture, "/proc/net/if_inet6 has neither peers nor lifetimes");
  }
  return {file.error};
}

} // namespace

void read_addresses(ReadContext& context) {
  TableParts table(context, addresses.name(), AddressRows(addresses));
  const auto netlink = [&context](std::string_view dump, int family) {
    return std::bind_front(read_netlink, std::ref(context), dump, family);
  };
  // A kernel without IPv6 has no such addresses; IPv4 is in every kernel, only the source is missing.
  constexpr bool in_every_kernel = true;
  table.read(
    "inet",
    {{"netlink", netlink("rtnetlink-addr-inet", AF_INET)}, {"proc", std::bind_front(read_proc4, std::ref(context))}},
    in_every_kernel);
  table.read("inet6", {{"netlink", netlink("rtnetlink-addr-inet6", AF_INET6)},
                       {"proc", std::bind_front(read_proc6, std::ref(context))}});
  std::move(table).keep("neither rtnetlink nor /proc/net answers");
}

} // namespace hindstat
