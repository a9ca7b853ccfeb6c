// SPDX-License-Identifier: MIT
#include "recorder/readers/multicast_route_reader.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>

#include "recorder/readers/proc_net_mr_cache.h"
#include "recorder/readers/rtnetlink_multicast_route.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
  const char* cache;
  const char* vifs;
};

constexpr std::array<Source, 2> sources = {
  {{"inet", RTNL_FAMILY_IPMR, "rtnetlink-mroute-inet", "/proc/net/ip_mr_cache", "/proc/net/ip_mr_vif"},
   {"inet6", RTNL_FAMILY_IP6MR, "rtnetlink-mroute-inet6", "/proc/net/ip6_mr_cache", "/proc/net/ip6_mr_vif"}}};

PartRead read_netlink(ReadContext& context, const Source& source, MulticastRouteRows& rows, Capture& capture) {
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(source.family);
  const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETROUTE, std::as_bytes(std::span(&header, 1)), true};
  const auto add = [&](auto payload, const InterfaceNames& names, std::uint64_t boottime_ms) {
    return add_multicast_route_message(rows, payload, source.family, names, boottime_ms);
  };
  return {read_rtnetlink(context, request, RTM_NEWROUTE, rows, capture, add)};
}

PartRead read_proc(ReadContext& context, const Source& source, MulticastRouteRows& rows, Capture& capture) {
  const FileRead vif_file = context.system().read_file(source.vifs);
  const FileRead cache = context.system().read_file(source.cache);
  if (cache.error == 0) {
    std::map<int, std::string> vifs;
    Lines lines(vif_file.bytes);
    while (const auto line = lines.next()) {
      if (auto vif = parse_mr_vif_line(*line)) {
        vifs.emplace(vif->number, std::move(vif->name));
      }
    }
    read_lines(cache.bytes, capture, [&](std::string_view line) { return add_mr_cache_line(rows, line, vifs); });
    mark_partial(capture, "/proc/net has the default table of multicast routing only");
  }
  return {cache.error};
}

} // namespace

void read_multicast_routes(ReadContext& context) {
  TableParts table(context, multicast_routes.name(), MulticastRouteRows(multicast_routes));
  for (const Source& source : sources) {
    table.read(source.label, {{"netlink", std::bind_front(read_netlink, std::ref(context), source)},
                              {"proc", std::bind_front(read_proc, std::ref(context), source)}});
  }
  std::move(table).keep("neither rtnetlink nor /proc/net answers");
}

} // namespace hindstat
