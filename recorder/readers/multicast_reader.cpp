// SPDX-License-Identifier: MIT
#include "recorder/readers/multicast_reader.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "recorder/readers/proc_net_igmp.h"
#include "recorder/readers/rtnetlink_multicast.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

/// One family, and where the kernel tells of its groups.
struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
  const char* path;
};

constexpr std::array<Source, 2> sources = {{
  {"igmp", AF_INET, "rtnetlink-multicast-inet", "/proc/net/igmp"},
  {"igmp6", AF_INET6, "rtnetlink-multicast-inet6", "/proc/net/igmp6"},
}};

PartRead read_proc(ReadContext& context, const Source& source, MulticastRows& rows, Capture& capture) {
  const std::uint64_t boottime_ms = context.boottime_ms();
  const FileRead file = context.system().read_file(source.path);
  IgmpLines lines(boottime_ms);
  read_lines(file.bytes, capture, [&](std::string_view line) {
    return source.family == AF_INET ? lines.add(rows, line) : add_igmp6_line(rows, line, boottime_ms);
  });
  return {file.error};
}

PartRead read_netlink(ReadContext& context, const Source& source, MulticastRows& rows, Capture& capture) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(source.family);
  const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETMULTICAST, std::as_bytes(std::span(&header, 1)),
                               true};
  const auto add = [&](auto payload, const InterfaceNames& names, std::uint64_t) {
    return add_multicast_message(rows, payload, source.family, names);
  };
  // The kernel answers with the type of the request (addrconf.c, igmp.c), not with RTM_NEWMULTICAST.
  const int error = read_rtnetlink(context, request, RTM_GETMULTICAST, rows, capture, add);
  if (error == 0) {
    mark_partial(capture, "netlink has neither the users of a group nor pending reports");
  }
  return {error};
}

} // namespace

void read_multicast_groups(ReadContext& context) {
  TableParts table(context, multicast_groups.name(), MulticastRows(multicast_groups));
  for (const Source& source : sources) {
    // The file comes first: netstat -g shows the users of a group, whom netlink does not count.
    table.read(source.label, {{"proc", std::bind_front(read_proc, std::ref(context), source)},
                              {"netlink", std::bind_front(read_netlink, std::ref(context), source)}});
  }
  std::move(table).keep("neither /proc/net nor rtnetlink answers");
}

} // namespace hindstat
