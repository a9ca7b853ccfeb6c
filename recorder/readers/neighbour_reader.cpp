// SPDX-License-Identifier: MIT
#include "recorder/readers/neighbour_reader.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "recorder/readers/proc_net_arp.h"
#include "recorder/readers/rtnetlink_neighbour.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
  std::string_view proxy_dump;
};

constexpr std::array<Source, 2> sources = {
  {{"inet", AF_INET, "rtnetlink-neigh-inet", "rtnetlink-neigh-proxy-inet"},
   {"inet6", AF_INET6, "rtnetlink-neigh-inet6", "rtnetlink-neigh-proxy-inet6"}}};

PartRead read_netlink(ReadContext& context, const Source& source, NeighbourRows& rows, Capture& capture) {
  const auto add = [&](auto payload, const InterfaceNames& names, std::uint64_t boottime_ms) {
    return add_neighbour_message(rows, payload, source.family, names, boottime_ms);
  };
  ndmsg header{};
  header.ndm_family = static_cast<std::uint8_t>(source.family);
  const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETNEIGH, std::as_bytes(std::span(&header, 1)), true};
  if (const int error = read_rtnetlink(context, request, RTM_NEWNEIGH, rows, capture, add); error != 0) {
    return {error};
  }
  header.ndm_flags = NTF_PROXY;
  const NetlinkRequest proxies{source.proxy_dump, NETLINK_ROUTE, RTM_GETNEIGH, std::as_bytes(std::span(&header, 1)),
                               true};
  return {read_rtnetlink(context, proxies, RTM_NEWNEIGH, rows, capture, add)};
}

PartRead read_proc(ReadContext& context, NeighbourRows& rows, Capture& capture) {
  const FileRead file = context.system().read_file("/proc/net/arp");
  if (file.error == 0) {
    read_lines(file.bytes, capture, [&rows](std::string_view line) { return add_arp_line(rows, line); });
    mark_partial(capture, "/proc/net/arp has neither IPv6 nor the states of the neighbours");
  }
  return {file.error};
}

} // namespace

void read_neighbours(ReadContext& context) {
  TableParts table(context, neighbours.name(), NeighbourRows(neighbours));
  table.read(sources[0].label, {{"netlink", std::bind_front(read_netlink, std::ref(context), sources[0])},
                                {"proc", std::bind_front(read_proc, std::ref(context))}});
  table.read(sources[1].label, {{"netlink", std::bind_front(read_netlink, std::ref(context), sources[1])}});
  std::move(table).keep("neither rtnetlink nor /proc/net/arp answers");
}

} // namespace hindstat
