// SPDX-License-Identifier: MIT
#include "recorder/readers.h"

#include <array>

#include "recorder/readers/namespace_reader.h"
#include "recorder/readers/process_reader.h"
#include "recorder/readers/route_reader.h"
#include "recorder/readers/socket_reader.h"

namespace hindstat {

namespace {

// What waits for the owner scan comes last.
constexpr std::array<Reader, 4> all_readers = {{
  {"network_namespace", read_network_namespaces},
  {"route", read_routes},
  {"socket socket_owner", read_sockets},
  {"process", read_processes},
}};

} // namespace

std::span<const Reader> readers() {
  return all_readers;
}

} // namespace hindstat
