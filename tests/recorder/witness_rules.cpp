// SPDX-License-Identifier: MIT
#include "tests/recorder/witness_rules.h"

#include <algorithm>
#include <array>

#include "tables/address.h"
#include "tables/format.h"
#include "tables/neighbour.h"
#include "tables/route.h"
#include "tables/socket.h"
#include "tables/unix_socket.h"

namespace hindstat::test {

namespace {

std::string whether_known(const Table&, std::size_t, std::string text) {
  return text.empty() ? "no" : "yes";
}

std::string printed_name(const Table&, std::size_t, std::string text) {
  std::ranges::replace(text, '\0', '@');
  return text;
}

std::string lowest_flags6(const Table& table, std::size_t row, std::string) {
  const Address address = addresses.row(table, row);
  return address.address.is_v6() && address.flags ? std::to_string(address.flags->bits & 0xffU) : "";
}

std::string scope6(const Table& table, std::size_t row, std::string text) {
  return addresses.row(table, row).address.is_v6() ? text : "";
}

std::string metric4(const Table& table, std::size_t row, std::string text) {
  return routes.row(table, row).destination.is_v4() ? text : "";
}

std::string type4(const Table& table, std::size_t row, std::string text) {
  const Route route = routes.row(table, row);
  return route.destination.is_v4() && route.type == RouteType::prohibit ? "unreachable" : text;
}

bool is_bound_only(const Table& table, std::size_t row, const Capture&) {
  return sockets.row(table, row).state == TcpState::bound_inactive;
}

bool is_raw_or_ping(const Table& table, std::size_t row, const Capture&) {
  const SocketProtocol protocol = sockets.row(table, row).protocol;
  return protocol == SocketProtocol::icmp || protocol == SocketProtocol::raw;
}

bool is_embryo(const Table& table, std::size_t row, const Capture&) {
  return unix_sockets.row(table, row).inode == 0;
}

bool is_beyond_main_table(const Table& table, std::size_t row, const Capture&) {
  const Route route = routes.row(table, row);
  return route.destination.is_v4() && (route.table != Route{}.table || route.hop.value_or(0) != 0);
}

bool is_left_out(const Table& table, std::size_t row, const Capture& proc) {
  const IpAddress address = addresses.row(table, row).address;
  const bool is_group = address.is_v4() && (static_cast<std::uint8_t>(address.bytes()[0]) & 0xf0U) == 0xe0;
  const std::size_t list = proc.detail.find("left out: ");
  const std::string text = " " + format_ip_address(address) + ",";
  return is_group || (list != std::string::npos && (proc.detail.substr(list) + ",").find(text) != std::string::npos);
}

constexpr std::string_view only_netlink = "only netlink tells it";
constexpr std::string_view only_proc = "only /proc tells it";

WitnessRule socket_rule() {
  return {"socket",
          {{only_netlink, {"cookie", "backlog", "bound_interface"}},
           {"/proc counts in ticks of 10 ms", {"timer_expires"}, whether_known}},
          {"/proc lists no TCP socket that is only bound", is_bound_only},
          {"sock_diag has no ping sockets, and raw ones where the kernel was built with it", is_raw_or_ping}};
}

WitnessRule unix_rule() {
  return {"unix_socket",
          {{only_netlink, {"cookie", "peer_inode", "recv_queue", "send_queue", "uid"}},
           {only_proc, {"references"}},
           {"/proc prints a NUL as @", {"name"}, printed_name}},
          {},
          {"unix_diag lists no connection that waits to be accepted", is_embryo}};
}

WitnessRule packet_rule() {
  return {"packet_socket",
          {{only_netlink, {"cookie", "send_memory", "ring_bytes", "fanout", "drops"}},
           {only_proc, {"references"}},
           {"the file has an index, and names come from netlink", {"interface"}, whether_known}}};
}

WitnessRule netlink_rule() {
  return {"netlink_socket", {{only_netlink, {"cookie", "peer_port", "further_groups"}}, {only_proc, {"references"}}}};
}

WitnessRule route_rule() {
  return {"route",
          {{only_netlink,
            {"tos",
             "hop",
             "weight",
             "protocol",
             "scope",
             "preferred_source",
             "flags",
             "mtu",
             "nexthop_id",
             "rttvar",
             "ssthresh",
             "cwnd",
             "initcwnd",
             "initrwnd",
             "locked_metrics",
             "hoplimit",
             "features",
             "rto_min",
             "reordering",
             "quickack",
             "realms",
             "expires",
             "congestion_control"}},
           {"/proc/net/ipv6_route does not say it, and /proc/net/route has one table", {"table"}},
           {"/proc/net/route has one flag for unreachable and prohibit", {"type"}, type4},
           {"/proc/net/ipv6_route has no metrics", {"advmss", "window", "rtt"}, metric4}},
          {"/proc/net/route holds table main only, and the first hop of a multipath route", is_beyond_main_table}};
}

WitnessRule interface_rule() {
  return {"interface",
          {{only_netlink,
            {"ifindex", "mac", "flags", "operstate", "mtu", "kind", "master", "qdisc", "txqlen", "carrier_changes",
             "rx_nohandler", "rx_otherhost_dropped", "altnames", "link_index", "link_netnsid", "group", "link_mode"}},
           {"only ethtool's netlink tells it", {"speed", "duplex"}},
           {"/proc/net/dev has it in a sum with others",
            {"rx_dropped", "rx_missed_errors", "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors",
             "tx_aborted_errors", "tx_carrier_errors", "tx_heartbeat_errors", "tx_window_errors"}}}};
}

WitnessRule address_rule() {
  return {"address",
          {{only_netlink, {"peer", "broadcast", "label", "preferred_until", "valid_until"}},
           {"no file tells that of an IPv4 address", {"scope"}, scope6},
           {"if_inet6 has the lowest eight, and no file has those of an IPv4 address", {"flags"}, lowest_flags6}},
          {"the capture from /proc names what it had to leave out; a group that was joined as an address has no route",
           is_left_out}};
}

WitnessRule multicast_rule() {
  return {"multicast_group", {{only_proc, {"users", "report_expires"}}}};
}

std::string known_only(const Table&, std::size_t, std::string text) {
  return text == "incomplete" || text == "failed" ? "unresolved" : text;
}

bool is_v6_neighbour(const Table& table, std::size_t row, const Capture&) {
  return neighbours.row(table, row).address.is_v6();
}

WitnessRule neighbour_rule() {
  return {"neighbour",
          {{only_netlink, {"flags", "protocol", "state", "confirmed", "used", "updated", "probes"}},
           {"/proc/net/arp does not tell why an address is not known", {"resolution"}, known_only}},
          {"/proc/net/arp is IPv4 only", is_v6_neighbour}};
}

WitnessRule multicast_route_rule() {
  return {"multicast_route", {{only_netlink, {"protocol", "used"}}}};
}

const ColumnsRule* rule_of(const WitnessRule& rule, std::string_view column) {
  const auto found = std::ranges::find_if(rule.columns, [column](const ColumnsRule& columns) {
    return std::ranges::find(columns.columns, column) != columns.columns.end();
  });
  return found != rule.columns.end() ? &*found : nullptr;
}

} // namespace

std::vector<WitnessRule> witness_rules() {
  return {socket_rule(),    unix_rule(),    packet_rule(),    netlink_rule(),   route_rule(),
          interface_rule(), address_rule(), multicast_rule(), neighbour_rule(), multicast_route_rule()};
}

std::vector<SingleWitness> single_witnesses() {
  return {
    {"socket_owner", "who holds a socket is in /proc/PID/fd and nowhere else"},
    {"tcp_info", "no file tells what INET_DIAG_INFO does"},
    {"other_socket", "each family is told by sock_diag or by files; Bluetooth's two files have no column in common"},
    {"other_route", "no netlink family tells routes of IPX, AppleTalk and X.25"},
    {"conntrack", "kernels have /proc/net/nf_conntrack only with a deprecated option; held against conntrack(8) live"},
    {"conntrack_expectation", "the same; held against conntrack(8) live"},
    {"conntrack_stat", "its file and ctnetlink are held against each other live"},
    {"softnet", "no netlink family tells the numbers of /proc/net/softnet_stat"},
    {"interface_counter6", "RTM_GETLINK tells a part of them, by place instead of by name"},
    {"sysctl", "settings are in /proc/sys and nowhere else"},
    {"process", "the facts are in /proc/PID and nowhere else"},
    {"protocol_counter", "no netlink family tells the numbers of /proc/net/snmp, netstat and snmp6"},
    {"sockstat", "no netlink family tells the numbers of /proc/net/sockstat"},
    {"route_exception", "/proc/net/rt_cache has a heading only, and ipv6_route has no exceptions since 4.15"},
    {"route_cache", "kernels that have one tell it in /proc/net/rt_cache; later ones have none"},
    {"tcp_metric", "no file tells the metrics of TCP"},
    {"multicast_source", "no netlink family tells source filters"},
    {"link_group", "no netlink family tells link-layer groups"},
    {"nexthop", "no file tells nexthop objects"},
    {"table_stat", "no netlink family tells the numbers of /proc/net/stat and rt6_stats"},
    {"rule", "no file tells the rules"},
    {"network_namespace", "names are those of files in /run/netns"},
    {"user", "names are in /etc/passwd"},
    {"service", "names are in /etc/services"},
    {"resolved_name", "the resolver's answers are the only ones, and a bundle is read without asking anybody"},
    {"beat", "the recorder alone knows when it wanted to record"},
  };
}

bool is_younger_than_samples(std::string_view table) {
  constexpr std::array<std::string_view, 5> tables = {"packet_socket", "netlink_socket", "interface_counter6",
                                                      "softnet", "sysctl"};
  return std::ranges::find(tables, table) != tables.end();
}

std::string show_row(const WitnessRule& rule, const Table& table, std::size_t row) {
  std::string shown;
  for (std::size_t i = 0; i < table.spec().columns.size(); ++i) {
    const ColumnSpec& column = table.spec().columns[i];
    const ColumnsRule* const special = rule_of(rule, column.name);
    if (special != nullptr && special->show == nullptr) {
      continue;
    }
    const bool is_null = table.column(i).is_null(row);
    std::string text = is_null ? "" : format_cell(column, table.column(i), row);
    if (special != nullptr) {
      text = special->show(table, row, std::move(text));
    } else if (is_null) {
      text = "(null)";
    }
    shown.append(column.name).append("=").append(text).append(" ");
  }
  return shown;
}

} // namespace hindstat::test
