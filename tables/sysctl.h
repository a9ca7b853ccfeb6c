// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// One setting of the kernel that gives meaning to the other tables. Source: /proc/sys/net, the list of
/// recorder/readers/sysctl_reader.cpp.
struct Sysctl {
  std::string netns;
  std::string name;
  std::string value;
};

inline constexpr auto sysctls = define_table<Sysctl>(
  "sysctl", "Settings of the kernel: port range, backlogs, retries, timeouts, forwarding, limits.",
  field<&Sysctl::netns>("netns", Role::key, "Network namespace; empty is the recorder's own."),
  field<&Sysctl::name>("name", Role::key, "Name as sysctl(8) prints it: net.ipv4.ip_forward."),
  field<&Sysctl::value>("value", Role::attribute, "Value; of several numbers, one blank between them."));

} // namespace hindstat
