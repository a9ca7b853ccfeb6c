// SPDX-License-Identifier: MIT
// Which of netstat's views a command line asks for, and which tables that takes.
#include "report/view.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "report/netstat_groups.h"
#include "report/netstat_interfaces.h"
#include "report/netstat_masquerade.h"
#include "report/netstat_route_cache.h"
#include "report/netstat_routes.h"
#include "report/netstat_statistics.h"
#include "report/netstat_unix.h"
#include "report/rows_json.h"
#include "tables/address.h"
#include "tables/conntrack.h"
#include "tables/interface.h"
#include "tables/multicast_group.h"
#include "tables/process.h"
#include "tables/protocol_counter.h"
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

// As netstat: unix sockets come unasked, unless something else was asked for.
bool shows_unix(const ViewOptions& options) {
  return options.unix_domain || !(selects_protocols(options) || options.sockets.ipv4 || options.sockets.ipv6);
}

bool shows_internet(const ViewOptions& options) {
  return !options.unix_domain || selects_protocols(options) || options.sockets.ipv4 || options.sockets.ipv6;
}

void refuse_what_is_not_recorded(const ViewOptions& options) {
  if (options.continuous) {
    throw Error("-c: a recorded moment does not repeat; hindstat-diff shows what changed between two of them");
  }
  if (options.statistics && options.sockets.sctp) {
    throw Error("-s -S: SCTP counters are not recorded");
  }
  if (options.context) {
    throw Error("-Z: security contexts are not recorded");
  }
}

RouteView route_view(const ViewOptions& options) {
  return RouteView{options.sockets.ipv4, options.sockets.ipv6, options.extend};
}

InterfaceView interface_view(const ViewOptions& options) {
  return InterfaceView{options.sockets.all, options.extend > 0};
}

GroupView group_view(const ViewOptions& options) {
  return GroupView{options.sockets.ipv4, options.sockets.ipv6};
}

StatisticsView statistics_view(const ViewOptions& options) {
  const SocketView& view = options.sockets;
  return StatisticsView{view.tcp, view.udp, view.udplite, view.raw, view.ipv4, view.ipv6};
}

MasqueradeView masquerade_view(const ViewOptions& options) {
  return MasqueradeView{options.sockets.ipv4, options.sockets.ipv6, options.extend > 0, options.wide,
                        !options.numeric && !options.numeric_ports};
}

SocketView socket_view(const ViewOptions& options) {
  SocketView view = options.sockets;
  view.extend = options.extend > 0;
  view.service_names = !options.numeric && !options.numeric_ports;
  view.user_names = !options.numeric && !options.numeric_users;
  return view;
}

UnixView unix_view(const ViewOptions& options) {
  return UnixView{options.sockets.all, options.sockets.listening, options.sockets.programs};
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
    if (family == "inet") {
      options.sockets.ipv4 = true;
    } else if (family == "inet6") {
      options.sockets.ipv6 = true;
    } else if (family == "unix") {
      options.unix_domain = true;
    } else {
      throw Error(fmt::format("-A {}: the families recorded are inet, inet6 and unix", family));
    }
  }
  const int views = static_cast<int>(options.route) + static_cast<int>(options.interfaces)
                    + static_cast<int>(options.statistics) + static_cast<int>(options.groups)
                    + static_cast<int>(options.masquerade);
  if (views > 1) {
    throw Error("-r, -i, -s, -g and -M are different tables: only one of them can be shown");
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
  const auto one = [](std::string_view name) { return WantedTables{{std::string(name)}, {std::string(name)}}; };
  if (options.route) {
    WantedTables wanted = shows_fib(options) ? one(routes.name()) : WantedTables{};
    for (const std::string_view name : {route_exceptions.name(), route_cache_entries.name()}) {
      if (options.cache) {
        wanted.shown.emplace_back(name);
        wanted.loaded.emplace_back(name);
      }
    }
    return wanted;
  }
  if (options.statistics) {
    return one(protocol_counters.name());
  }
  if (options.groups) {
    return one(multicast_groups.name());
  }
  WantedTables wanted;
  if (options.masquerade) {
    wanted = one(conntracks.name());
    if (!as_rows && masquerade_view(options).service_names) {
      wanted.loaded.emplace_back(services.name());
    }
    return wanted;
  }
  const auto look_up = [&](std::string_view name) {
    wanted.loaded.emplace_back(name);
    if (as_rows) {
      wanted.shown.emplace_back(name);
    }
  };
  if (options.interfaces) {
    wanted = one(interfaces.name());
    if (options.extend > 0) {
      look_up(addresses.name());
    }
    return wanted;
  }
  if (shows_internet(options)) {
    wanted = one(sockets.name());
  }
  if (shows_unix(options)) {
    wanted.shown.emplace_back(unix_sockets.name());
    wanted.loaded.emplace_back(unix_sockets.name());
  }
  const SocketView view = socket_view(options);
  if (view.programs) {
    look_up(processes.name());
  }
  if (shows_internet(options) && !as_rows) {
    if (view.service_names) {
      wanted.loaded.emplace_back(services.name());
    }
    if (view.extend && view.user_names) {
      wanted.loaded.emplace_back(users.name());
    }
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
    return (shows_fib(options) ? format_routes(snapshot, route_view(options)) : "")
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
  return out;
}

} // namespace hindstat
