// SPDX-License-Identifier: MIT
#include "recorder/readers.h"

#include <array>

#include "recorder/readers/address_reader.h"
#include "recorder/readers/interface_reader.h"
#include "recorder/readers/multicast_reader.h"
#include "recorder/readers/name_reader.h"
#include "recorder/readers/namespace_reader.h"
#include "recorder/readers/proc_table_reader.h"
#include "recorder/readers/process_reader.h"
#include "recorder/readers/route_reader.h"
#include "recorder/readers/socket_owner_reader.h"
#include "recorder/readers/socket_reader.h"
#include "recorder/readers/unix_reader.h"

namespace hindstat {

namespace {

// What waits for the owner scan comes late, and names of what was seen come last.
constexpr auto all_readers = std::to_array<Reader>({
  {"network_namespace", read_network_namespaces},
  {"interface", read_interfaces},
  {"address", read_addresses},
  {"route", read_routes},
  {"protocol_counter", read_protocol_counters},
  {"sockstat", read_socket_statistics},
  {"multicast_group", read_multicast_groups},
  {"socket", read_sockets},
  {"unix_socket", read_unix_sockets},
  {"socket_owner", read_socket_owners},
  {"process", read_processes},
  {"user", read_users},
  {"service", read_services},
});

} // namespace

std::span<const Reader> readers() {
  return all_readers;
}

} // namespace hindstat
