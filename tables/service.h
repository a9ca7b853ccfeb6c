// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// The name of a port that was seen in the snapshot, as the recorded host had it. Source: /etc/services.
struct Service {
  std::string protocol;
  std::uint16_t port = 0;
  std::string name;
};

inline constexpr auto services =
  define_table<Service>("service", "Names of the ports that were seen.",
                        field<&Service::protocol>("protocol", Role::key, "Transport protocol, tcp or udp."),
                        field<&Service::port>("port", Role::key, "Port number."),
                        field<&Service::name>("name", Role::attribute, "First name in /etc/services."));

} // namespace hindstat
