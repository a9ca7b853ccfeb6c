// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// A process that holds at least one socket. Source: /proc/PID/{stat,exe,cgroup,limits,fd}; never its arguments.
struct Process {
  std::uint32_t pid = 0;
  std::optional<std::uint64_t> started;
  std::string comm;
  std::optional<std::string> exe;
  std::optional<std::string> unit;
  std::optional<std::string> container;
  std::uint32_t fd_count = 0;
  std::optional<std::uint64_t> fd_limit;
};

inline constexpr auto processes = define_table<Process>(
  "process", "Processes that hold sockets.",
  field<&Process::pid>("pid", Role::key, "Process id in the recorder's pid namespace."),
  field<&Process::started>("started", Role::incarnation, "When it started (stat field 22).", Unit::boottime_ms),
  field<&Process::comm>("comm", Role::attribute, "Command name, at most 15 bytes (stat field 2)."),
  field<&Process::exe>("exe", Role::attribute, "Path of its executable."),
  field<&Process::unit>("unit", Role::attribute, "Service unit from its cgroup path."),
  field<&Process::container>("container", Role::attribute, "Container id (12 digits) from its cgroup path."),
  field<&Process::fd_count>("fd_count", Role::gauge, "Open descriptors.", Unit::count),
  field<&Process::fd_limit>("fd_limit", Role::attribute, "Soft limit of open descriptors; null is unlimited."));

} // namespace hindstat
