// SPDX-License-Identifier: MIT
#include "recorder/readers.h"

#include <array>

#include "recorder/readers/address_reader.h"
#include "recorder/readers/conntrack_reader.h"
#include "recorder/readers/interface_reader.h"
#include "recorder/readers/link_socket_reader.h"
#include "recorder/readers/multicast_reader.h"
#include "recorder/readers/multicast_route_reader.h"
#include "recorder/readers/name_reader.h"
#include "recorder/readers/namespace_reader.h"
#include "recorder/readers/neighbour_reader.h"
#include "recorder/readers/other_socket_reader.h"
#include "recorder/readers/proc_net_mcfilter.h"
#include "recorder/readers/proc_net_stat.h"
#include "recorder/readers/proc_table_reader.h"
#include "recorder/readers/process_reader.h"
#include "recorder/readers/route_cache_reader.h"
#include "recorder/readers/route_reader.h"
#include "recorder/readers/rtnetlink_nexthop.h"
#include "recorder/readers/rule_reader.h"
#include "recorder/readers/socket_owner_reader.h"
#include "recorder/readers/socket_reader.h"
#include "recorder/readers/sysctl_reader.h"
#include "recorder/readers/tcp_metrics.h"
#include "recorder/readers/unix_reader.h"

namespace hindstat {

namespace {

// What waits for the owner scan comes late, and names of what was seen come last.
constexpr auto all_readers = std::to_array<Reader>({
  {"network_namespace", ReaderScope::host, read_network_namespaces},
  {"interface", ReaderScope::each_namespace, read_interfaces},
  {"address", ReaderScope::each_namespace, read_addresses},
  {"route", ReaderScope::each_namespace, read_routes},
  {"route_exception", ReaderScope::each_namespace, read_route_exceptions},
  {"route_cache", ReaderScope::each_namespace, read_route_cache},
  {"tcp_metric", ReaderScope::each_namespace, read_tcp_metrics},
  {"rule", ReaderScope::each_namespace, read_rules},
  {"nexthop", ReaderScope::each_namespace, read_nexthops},
  {"neighbour", ReaderScope::each_namespace, read_neighbours},
  {"table_stat", ReaderScope::each_namespace, read_table_statistics},
  {"protocol_counter", ReaderScope::each_namespace, read_protocol_counters},
  {"sockstat", ReaderScope::each_namespace, read_socket_statistics},
  {"interface_counter6", ReaderScope::each_namespace, read_interface_counters6},
  {"sysctl", ReaderScope::each_namespace, read_sysctls},
  {"multicast_group", ReaderScope::each_namespace, read_multicast_groups},
  {"multicast_source", ReaderScope::each_namespace, read_multicast_sources},
  {"multicast_route", ReaderScope::each_namespace, read_multicast_routes},
  {"link_group", ReaderScope::each_namespace, read_link_groups},
  {"conntrack conntrack_expectation conntrack_stat", ReaderScope::each_namespace, read_connection_tracking},
  {"socket tcp_info", ReaderScope::each_namespace, read_sockets},
  {"unix_socket", ReaderScope::each_namespace, read_unix_sockets},
  {"packet_socket", ReaderScope::each_namespace, read_packet_sockets},
  {"netlink_socket", ReaderScope::each_namespace, read_netlink_sockets},
  {"other_route", ReaderScope::each_namespace, read_other_routes},
  {"other_socket", ReaderScope::each_namespace, read_other_sockets},
  {"softnet", ReaderScope::host, read_softnet},
  {"socket_owner", ReaderScope::host, read_socket_owners},
  {"process", ReaderScope::host, read_processes},
  {"user", ReaderScope::host, read_users},
  {"service", ReaderScope::host, read_services},
});

} // namespace

std::span<const Reader> readers() {
  return all_readers;
}

} // namespace hindstat
