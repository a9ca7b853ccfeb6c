// SPDX-License-Identifier: MIT
#include "recorder/readers/route_reader.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "recorder/readers/proc_net_route.h"
#include "recorder/readers/rtnetlink_route.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

using AddLine = Verdict (*)(RouteRows&, std::string_view);

/// One family, and where the kernel tells of its routes.
struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
  const char* path;
  AddLine add_line;
  std::string_view missing_in_proc;
};

constexpr std::array<Source, 2> sources = {{
  {"inet", AF_INET, "rtnetlink-route-inet", "/proc/net/route", add_proc_route,
   "/proc/net/route holds table main only, and the first hop of a multipath route"},
  {"inet6", AF_INET6, "rtnetlink-route-inet6", "/proc/net/ipv6_route", add_proc_route6,
   "/proc/net/ipv6_route does not say which table a route is in"},
}};

PartRead read_netlink(ReadContext& context, const Source& source, RouteRows& rows, Capture& capture) {
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(source.family);
  const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETROUTE, std::as_bytes(std::span(&header, 1)), true};
  const auto add = [&rows](auto payload, const InterfaceNames& names, std::uint64_t boottime_ms) {
    return add_route_message(rows, payload, names, boottime_ms);
  };
  return {read_rtnetlink(context, request, RTM_NEWROUTE, rows, capture, add)};
}

PartRead read_proc(ReadContext& context, const Source& source, RouteRows& rows, Capture& capture) {
  const FileRead& file = context.shared_file(source.path);
  if (file.error == 0) {
    read_lines(file.bytes, capture, [&](std::string_view line) { return source.add_line(rows, line); });
    mark_partial(capture, source.missing_in_proc);
  }
  return {file.error};
}

} // namespace

void read_routes(ReadContext& context) {
  TableParts table(context, routes.name(), RouteRows(routes));
  for (const Source& source : sources) {
    table.read(source.label, {{"netlink", std::bind_front(read_netlink, std::ref(context), source)},
                              {"proc", std::bind_front(read_proc, std::ref(context), source)}});
  }
  std::move(table).keep("neither rtnetlink nor /proc/net answers");
}

} // namespace hindstat
