// SPDX-License-Identifier: MIT
// Which of netstat's views a command line asks for, and which tables that takes.
#include "report/view.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "report/netstat_families.h"
#include "report/netstat_groups.h"
#include "report/netstat_interfaces.h"
#include "report/netstat_masquerade.h"
#include "report/netstat_other_routes.h"
#include "report/netstat_route_cache.h"
#include "report/netstat_routes.h"
#include "report/netstat_statistics.h"
#include "report/netstat_unix.h"
#include "report/rows_json.h"
#include "tables/address.h"
#include "tables/conntrack.h"
#include "tables/format.h"
#include "tables/interface.h"
#include "tables/multicast_group.h"
#include "tables/other_route.h"
#include "tables/process.h"
#include "tables/protocol_counter.h"
#include "tables/resolved_name.h"
#include "tables/route.h"
#include "tables/route_cache.h"
#include "tables/route_exception.h"
#include "tables/service.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"
#include "tables/user.h"

namespace hindstat {

namespace {

bool selects_protocols(const ViewOptions& options) {
  const SocketView& view = options.sockets;
  return view.tcp || view.udp || view.udplite || view.raw || view.sctp;
}

bool describes_sockets(const ViewOptions& options) {
  return options.sockets.listening || options.sockets.programs || options.sockets.timers || options.unix_domain;
}

bool shows_sockets(const ViewOptions& options) {
  return !options.route && !options.cache && !options.fib && !options.interfaces && !options.statistics
         && !options.groups && !options.masquerade;
}

// -C is instead of the table, unless -F asks for both.
bool shows_fib(const ViewOptions& options) {
  return options.fib || !options.cache;
}

bool selects_internet(const ViewOptions& options) {
  return selects_protocols(options) || options.sockets.ipv4 || options.sockets.ipv6;
}

// As netstat: unix sockets and those of other families come unasked, unless something else was asked for.
bool shows_unix(const ViewOptions& options) {
  return options.unix_domain || (!selects_internet(options) && options.others.empty());
}

bool shows_others(const ViewOptions& options) {
  return !options.others.empty() || (!selects_internet(options) && !options.unix_domain);
}

bool shows_internet(const ViewOptions& options) {
  return selects_internet(options) || (!options.unix_domain && options.others.empty());
}

// With -r: the internet's tables, unless only others were asked for.
bool shows_internet_routes(const ViewOptions& options) {
  return options.others.empty() || options.sockets.ipv4 || options.sockets.ipv6;
}

void add_family(ViewOptions& options, const std::string& name) {
  if (name == "inet") {
    options.sockets.ipv4 = true;
  } else if (name == "inet6") {
    options.sockets.ipv6 = true;
  } else if (name == "unix") {
    options.unix_domain = true;
  } else if (name == "bluetooth") {
    options.others.insert(options.others.end(), {OtherFamily::l2cap, OtherFamily::rfcomm});
  } else {
    constexpr auto& names = NamesOf<OtherFamily>::values;
    const auto* const found = std::ranges::find(names, name == "appletalk" ? "ddp" : name, &ValueName::name);
    if (found == names.end()) {
      throw Error(fmt::format("-A {}: the families recorded are inet, inet6, unix, ax25, netrom, rose, x25, ipx, ddp, "
                              "l2cap, rfcomm, vsock, xdp, tipc and smc",
                              name));
    }
    options.others.push_back(static_cast<OtherFamily>(found->value));
  }
}

std::vector<OtherRouteFamily> route_families(const ViewOptions& options) {
  std::vector<OtherRouteFamily> families;
  for (const OtherFamily family : options.others) {
    const std::string name = format_enum(NamesOf<OtherFamily>::values, static_cast<std::uint64_t>(family));
    const auto* const found = std::ranges::find(NamesOf<OtherRouteFamily>::values, name, &ValueName::name);
    if (found == NamesOf<OtherRouteFamily>::values.end()) {
      throw Error(fmt::format("-r -A {}: the routes recorded are those of inet, inet6, ipx, ddp and x25", name));
    }
    families.push_back(static_cast<OtherRouteFamily>(found->value));
  }
  return families;
}

void refuse_what_is_not_recorded(const ViewOptions& options) {
  if (options.continuous) {
    throw Error("-c: a recorded moment does not repeat; hindstat-diff shows what changed between two of them");
  }
  if (options.context) {
    throw Error("-Z: security contexts are not recorded");
  }
}

RouteView route_view(const ViewOptions& options) {
  return RouteView{options.sockets.ipv4, options.sockets.ipv6, options.extend};
}

InterfaceView interface_view(const ViewOptions& options) {
  return InterfaceView{options.sockets.all, options.extend > 0, options.extend > 1};
}

GroupView group_view(const ViewOptions& options) {
  return GroupView{options.sockets.ipv4, options.sockets.ipv6};
}

StatisticsView statistics_view(const ViewOptions& options) {
  const SocketView& view = options.sockets;
  return StatisticsView{view.tcp, view.udp, view.udplite, view.raw, view.sctp, view.ipv4, view.ipv6};
}

MasqueradeView masquerade_view(const ViewOptions& options) {
  return MasqueradeView{options.sockets.ipv4,
                        options.sockets.ipv6,
                        options.extend > 0,
                        options.wide,
                        !options.numeric && !options.numeric_ports,
                        !options.numeric && !options.numeric_hosts};
}

SocketView socket_view(const ViewOptions& options) {
  SocketView view = options.sockets;
  view.extend = options.extend > 0;
  view.service_names = !options.numeric && !options.numeric_ports;
  view.host_names = !options.numeric && !options.numeric_hosts;
  view.user_names = !options.numeric && !options.numeric_users;
  return view;
}

FamilyView family_view(const ViewOptions& options) {
  return FamilyView{.families = options.others,
                    .all = options.sockets.all,
                    .listening = options.sockets.listening,
                    .extend = options.extend > 0,
                    .programs = options.sockets.programs,
                    .user_names = !options.numeric && !options.numeric_users};
}

OtherRouteView other_route_view(const ViewOptions& options) {
  return OtherRouteView{route_families(options)};
}

UnixView unix_view(const ViewOptions& options) {
  return UnixView{options.sockets.all, options.sockets.listening, options.sockets.programs};
}

void add_shown(WantedTables& wanted, std::string_view name) {
  wanted.shown.emplace_back(name);
  wanted.loaded.emplace_back(name);
}

// Tables that are a part of other rows, but where rows are shown.
void add_looked_up(WantedTables& wanted, std::string_view name, bool as_rows) {
  wanted.loaded.emplace_back(name);
  if (as_rows) {
    wanted.shown.emplace_back(name);
  }
}

void add_routes(WantedTables& wanted, const ViewOptions& options) {
  if (shows_fib(options) && shows_internet_routes(options)) {
    add_shown(wanted, routes.name());
  }
  if (!options.others.empty()) {
    add_shown(wanted, other_routes.name());
  }
  if (options.cache) {
    add_shown(wanted, route_exceptions.name());
    add_shown(wanted, route_cache_entries.name());
  }
}

void add_sockets(WantedTables& wanted, const ViewOptions& options, bool as_rows) {
  if (shows_internet(options)) {
    add_shown(wanted, sockets.name());
  }
  if (shows_unix(options)) {
    add_shown(wanted, unix_sockets.name());
  }
  if (!options.others.empty()) {
    add_shown(wanted, other_sockets.name());
  } else if (shows_others(options)) {
    wanted.if_collected.emplace_back(other_sockets.name());
  }
  const SocketView view = socket_view(options);
  if (view.programs) {
    add_looked_up(wanted, processes.name(), as_rows);
  }
  if (as_rows) {
    return;
  }
  if (shows_internet(options) && view.service_names) {
    wanted.loaded.emplace_back(services.name());
  }
  if (shows_internet(options) && view.host_names) {
    wanted.loaded.emplace_back(resolved_names.name());
  }
  if ((shows_internet(options) || !options.others.empty()) && view.extend && view.user_names) {
    wanted.loaded.emplace_back(users.name());
  }
}

} // namespace

bool has_view(const ViewOptions& options) {
  return !shows_sockets(options) || selects_protocols(options) || describes_sockets(options) || options.sockets.all
         || options.sockets.ipv4 || options.sockets.ipv6 || !options.families.empty();
}

ViewOptions check_view(ViewOptions options) {
  refuse_what_is_not_recorded(options);
  options.route = options.route || options.fib || options.cache;
  for (const std::string& family : options.families) {
    add_family(options, family);
  }
  const int views = static_cast<int>(options.route) + static_cast<int>(options.interfaces)
                    + static_cast<int>(options.statistics) + static_cast<int>(options.groups)
                    + static_cast<int>(options.masquerade);
  if (views > 1) {
    throw Error("-r, -i, -s, -g and -M are different tables: only one of them can be shown");
  }
  if (options.route) {
    static_cast<void>(route_families(options));
    if (options.cache && !options.others.empty()) {
      throw Error("-C is the cache of inet and inet6: no other family has one");
    }
  } else if (views == 1 && !options.others.empty()) {
    throw Error("-i, -s, -g and -M show inet and inet6 only");
  }
  if (views == 1) {
    if (describes_sockets(options)) {
      throw Error("-r, -i, -s, -g and -M show no sockets: they cannot be combined with -l, -p, -o and -x");
    }
    if (!options.statistics && selects_protocols(options)) {
      throw Error("-t, -u, -U and -w select sockets and, with -s, statistics: -r, -i, -g and -M have no such choice");
    }
  }
  return options;
}

WantedTables wanted_tables(const ViewOptions& options, bool as_rows) {
  WantedTables wanted;
  if (options.route) {
    add_routes(wanted, options);
  } else if (options.statistics) {
    add_shown(wanted, protocol_counters.name());
  } else if (options.groups) {
    add_shown(wanted, multicast_groups.name());
  } else if (options.masquerade) {
    add_shown(wanted, conntracks.name());
    if (!as_rows && masquerade_view(options).service_names) {
      wanted.loaded.emplace_back(services.name());
    }
    if (!as_rows && masquerade_view(options).host_names) {
      wanted.loaded.emplace_back(resolved_names.name());
    }
  } else if (options.interfaces) {
    add_shown(wanted, interfaces.name());
    if (options.extend > 0) {
      add_looked_up(wanted, addresses.name(), as_rows);
    }
  } else {
    add_sockets(wanted, options, as_rows);
  }
  return wanted;
}

std::vector<std::uint32_t> select_rows(const Table& table, const ViewOptions& options) {
  const std::string_view name = table.spec().name;
  if (name == sockets.name()) {
    return select_sockets(table, socket_view(options));
  }
  if (name == unix_sockets.name()) {
    return select_unix_sockets(table, unix_view(options));
  }
  if (name == other_sockets.name()) {
    return select_other_sockets(table, family_view(options));
  }
  if (name == other_routes.name()) {
    return select_other_routes(table, other_route_view(options));
  }
  if (name == routes.name()) {
    return select_routes(table, route_view(options));
  }
  if (name == route_exceptions.name()) {
    return select_route_exceptions(table, route_view(options));
  }
  if (name == route_cache_entries.name()) {
    return select_route_cache(table, route_view(options));
  }
  if (name == interfaces.name()) {
    return select_interfaces(table, interface_view(options));
  }
  if (name == protocol_counters.name()) {
    return select_statistics(table, statistics_view(options));
  }
  if (name == multicast_groups.name()) {
    return select_groups(table, group_view(options));
  }
  if (name == conntracks.name()) {
    return select_masquerade(table, masquerade_view(options));
  }
  return rows_by_key(table);
}

std::string format_view(const Snapshot& snapshot, const ViewOptions& options) {
  if (options.route) {
    return (shows_fib(options) && shows_internet_routes(options) ? format_routes(snapshot, route_view(options)) : "")
           + (options.others.empty() ? "" : format_other_routes(snapshot, other_route_view(options)))
           + (options.cache ? format_route_cache(snapshot, route_view(options)) : "");
  }
  if (options.interfaces) {
    return format_interfaces(snapshot, interface_view(options));
  }
  if (options.statistics) {
    return format_statistics(snapshot, statistics_view(options));
  }
  if (options.groups) {
    return format_groups(snapshot, group_view(options));
  }
  if (options.masquerade) {
    return format_masquerade(snapshot, masquerade_view(options));
  }
  std::string out = shows_internet(options) ? format_sockets(snapshot, socket_view(options)) : "";
  if (shows_unix(options)) {
    out += format_unix_sockets(snapshot, unix_view(options));
  }
  if (shows_others(options)) {
    out += format_other_sockets(snapshot, family_view(options));
  }
  return out;
}

} // namespace hindstat
