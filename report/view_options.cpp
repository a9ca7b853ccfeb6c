// SPDX-License-Identifier: MIT
#include "report/view_options.h"

#include <array>
#include <utility>

namespace hindstat {

namespace {

constexpr const char* netstat_group = "As netstat";

void add_table_options(CLI::App& app, ViewOptions& options) {
  app.add_flag("-r,--route", options.route, "The routing table")->group(netstat_group);
  app.add_flag("-F,--fib", options.fib, "The same; with -C: the table and the cache")->group(netstat_group);
  app.add_flag("-C,--cache", options.cache, "The routing cache: learned path MTUs and redirects, IPv4 and IPv6")
    ->group(netstat_group);
  app
    .add_flag("-i,--interfaces", options.interfaces,
              "Interfaces that are up (with -a: all; with -e: in long form; -ee: every detail)")
    ->group(netstat_group);
  app
    .add_flag("-s,--statistics", options.statistics,
              "Counters of the protocols (with -t, -u, -U, -S, -w: of these; with -6: IPv6)")
    ->group(netstat_group);
  app.add_flag("-g,--groups", options.groups, "Multicast group memberships")->group(netstat_group);
  app
    .add_flag("-M,--masquerade", options.masquerade,
              "Masqueraded flows (NAT) of connection tracking (with -W: both tuples; all flows: --table conntrack)")
    ->group(netstat_group);
}

void add_socket_options(CLI::App& app, ViewOptions& options) {
  SocketView& view = options.sockets;
  app.add_flag("-t,--tcp", view.tcp, "TCP sockets")->group(netstat_group);
  app.add_flag("-u,--udp", view.udp, "UDP sockets")->group(netstat_group);
  app.add_flag("-U,--udplite", view.udplite, "UDP-Lite sockets")->group(netstat_group);
  app.add_flag("-S,--sctp", view.sctp, "SCTP endpoints and associations")->group(netstat_group);
  app.add_flag("-w,--raw", view.raw, "Raw sockets")->group(netstat_group);
  app.add_flag("-x,--unix", options.unix_domain, "Unix sockets")->group(netstat_group);
  app.add_flag("-4,--inet,--ip,--tcpip", view.ipv4, "IPv4 only")->group(netstat_group);
  app.add_flag("-6,--inet6", view.ipv6, "IPv6 only")->group(netstat_group);
  app.add_option("-A,--protocol", options.families, "The same by name: inet, inet6, unix, ax25, ...; comma-split")
    ->option_text("FAMILY")
    ->group(netstat_group)
    ->expected(1)
    ->take_all()
    ->delimiter(',')
    ->allow_extra_args(false);
  app.add_flag("-a,--all", view.all, "Listening sockets and connections; with -i: interfaces that are down as well")
    ->group(netstat_group);
  app.add_flag("-l,--listening", view.listening, "Only listening sockets")->group(netstat_group);
  app
    .add_flag(
      "-e,--extend", options.extend,
      "Sockets: user and inode; -r: metric (-ee: all columns); -i: long form with addresses; -M: sequence shifts")
    ->group(netstat_group);
  app.add_flag("-p,--programs,--program", view.programs, "Process id and command name")->group(netstat_group);
  app.add_flag("-o,--timers", view.timers, "The pending timer: seconds left/retransmits/probes")->group(netstat_group);
}

void add_family_options(CLI::App& app, ViewOptions& options) {
  struct Family {
    const char* option;
    const char* name;
    const char* help;
  };
  constexpr const char* of_netstat = "Sockets of this family (with -r and ipx, x25, ddp: routes)";
  constexpr const char* of_ss = "Sockets of this family, which ss shows and netstat does not";
  constexpr std::array families{Family{"--ax25", "ax25", of_netstat},
                                Family{"--netrom", "netrom", of_netstat},
                                Family{"--rose", "rose", of_netstat},
                                Family{"--x25", "x25", of_netstat},
                                Family{"--ipx", "ipx", of_netstat},
                                Family{"--ddp,--appletalk", "ddp", of_netstat},
                                Family{"-2,--l2cap", "l2cap", "Bluetooth L2CAP sockets"},
                                Family{"-f,--rfcomm", "rfcomm", "Bluetooth RFCOMM sockets"},
                                Family{"--bluetooth", "bluetooth", "Both"},
                                Family{"--vsock", "vsock", of_ss},
                                Family{"--xdp", "xdp", of_ss},
                                Family{"--tipc", "tipc", of_ss},
                                Family{"--smc", "smc", of_ss}};
  for (const Family& family : families) {
    app
      .add_flag_callback(
        family.option, [&options, name = family.name] { options.families.emplace_back(name); }, family.help)
      ->group("Other families");
  }
}

void add_name_options(CLI::App& app, ViewOptions& options) {
  app.add_flag("-n,--numeric", options.numeric, "No names of hosts, services and users")->group(netstat_group);
  app.add_flag("--numeric-hosts", options.numeric_hosts, "No names of hosts")->group(netstat_group);
  app.add_flag("--numeric-ports", options.numeric_ports, "No names of services")->group(netstat_group);
  app.add_flag("--numeric-users", options.numeric_users, "No names of users")->group(netstat_group);
  app.add_flag("-N,--symbolic", options.symbolic, "Accepted: there are no names of hardware")->group(netstat_group);
  app.add_flag("-W,--wide", options.wide, "-M: both tuples of a flow; else accepted: addresses are always whole")
    ->group(netstat_group);
  app.add_flag("-v,--verbose", options.verbose, "Accepted: what was not collected is always said")
    ->group(netstat_group);
}

void add_refused_options(CLI::App& app, ViewOptions& options) {
  app.add_flag("-c,--continuous", options.continuous, "Refused: a recorded moment does not repeat")
    ->group(netstat_group);
  app.add_flag("-Z,--context", options.context, "Refused: security contexts are not recorded")->group(netstat_group);
  // check_view() says what is missing; not worth a line each in the help.
  using Family = std::pair<const char*, const char*>;
  constexpr std::array families{Family{"--ash", "ash"}, Family{"--econet,--ec", "econet"}};
  for (const auto& [option, family] : families) {
    app.add_flag_callback(option, [&options, name = family] { options.families.emplace_back(name); })->group("");
  }
}

} // namespace

void add_view_options(CLI::App& app, ViewOptions& options) {
  add_table_options(app, options);
  add_socket_options(app, options);
  add_family_options(app, options);
  add_name_options(app, options);
  add_refused_options(app, options);
}

const char* view_options_help() {
  return "The options of netstat mean what they mean there and may be combined: hindstat-report -tulpn 'yesterday "
         "03:10'.\n"
         "Without any of them internet and unix sockets are shown, and below them those of the families of netstat "
         "that\n"
         "the kernel had; without -a and -l only those that do not listen. vsock, XDP, TIPC and SMC only when asked "
         "for.\n"
         "\n"
         "Names are those of the recorded host, never of this machine: what was recorded of hosts (hindstat-record\n"
         "--resolve), services and users is named unless -n or one of the --numeric options is given; nothing is "
         "looked\n"
         "up here. Nothing is cut, as with -W.\n"
         "Program names are the kernel's command names. TCP sockets that are only bound have no row, as in netstat;\n"
         "--table socket shows them.\n"
         "\n"
         "-r is the IPv4 main table, with -6 the IPv6 tables; each hop of a multipath route has its own line. --table\n"
         "route shows every table. -rC has both families unless one is chosen; Linux since 3.6 has path MTUs and "
         "redirects\n"
         "there, with the seconds until they are forgotten, where older kernels had MSS, Window and irtt. -s is IPv4, "
         "with\n"
         "-6 IPv6; --json and --csv give both without either. -i counts as /proc/net/dev does. -M is what the "
         "kernel's\n"
         "connection tracking rewrites, IPv4 and IPv6; the port in brackets is the masqueraded one. What a snapshot "
         "does\n"
         "not hold is \"not collected\", never an empty table.\n";
}

} // namespace hindstat
