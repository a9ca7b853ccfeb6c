// SPDX-License-Identifier: MIT
#include "recorder/readers/route_cache_reader.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include "recorder/readers/kernel_version.h"
#include "recorder/readers/proc_net_rt_cache.h"
#include "recorder/readers/rtnetlink_route_exception.h"
#include "recorder/readers/table_parts.h"

namespace hindstat {

namespace {

constexpr KernelVersion first_without_cache{3, 6};
constexpr KernelVersion first_that_lists_exceptions{5, 3};

struct Source {
  std::string_view label;
  int family;
  std::string_view dump;
};

constexpr std::array<Source, 2> sources = {
  {{"inet", AF_INET, "rtnetlink-route-cached-inet"}, {"inet6", AF_INET6, "rtnetlink-route-cached-inet6"}}};

PartRead read_exceptions(ReadContext& context, const Source& source, RouteExceptionRows& rows, Capture& capture) {
  const auto version = read_kernel_version(context.system());
  if (source.family == AF_INET && version && *version < first_without_cache) {
    return {EOPNOTSUPP}; // The request would list the cache, which is table route_cache.
  }
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(source.family);
  header.rtm_flags = RTM_F_CLONED;
  const NetlinkRequest request{source.dump, NETLINK_ROUTE, RTM_GETROUTE, std::as_bytes(std::span(&header, 1)), true};
  const auto add = [&](auto payload, const InterfaceNames& names, std::uint64_t boottime_ms) {
    return add_route_exception_message(rows, payload, source.family, names, boottime_ms);
  };
  const int error = read_rtnetlink(context, request, RTM_NEWROUTE, rows, capture, add);
  const bool has_gaps = error == 0 && version && *version < first_that_lists_exceptions;
  if (has_gaps) {
    mark_partial(capture, "Linux before 5.3 does not list its exceptions");
  }
  return {error, has_gaps};
}

} // namespace

void read_route_exceptions(ReadContext& context) {
  TableParts table(context, route_exceptions.name(), RouteExceptionRows(route_exceptions));
  for (const Source& source : sources) {
    table.read(source.label, {{"netlink", std::bind_front(read_exceptions, std::ref(context), source)}});
  }
  std::move(table).keep("rtnetlink does not answer");
}

void read_route_cache(ReadContext& context) {
  Capture capture = context.begin(route_cache_entries.name(), "proc");
  const FileRead file = context.system().read_file("/proc/net/rt_cache");
  RouteCacheRows rows(route_cache_entries);
  RtCacheLines lines;
  read_lines(file.bytes, capture, [&](std::string_view line) { return lines.add(rows, line); });
  context.end(capture);
  const auto version = read_kernel_version(context.system());
  const bool may_be_empty = file.error == 0 && version && *version < first_without_cache;
  if (may_be_empty || rows.size() != 0 || capture.rejected != 0) {
    context.keep(std::move(capture), std::move(rows).build());
  } else if (file.error != 0 && status_of_error(file.error) != CaptureStatus::absent) {
    context.keep_missing(std::move(capture), status_of_error(file.error),
                         "/proc/net/rt_cache: " + error_text(file.error));
  } else {
    context.keep_missing(std::move(capture), CaptureStatus::absent,
                         "Linux has no routing cache since 3.6; what it learns is in route_exception");
  }
}

} // namespace hindstat
