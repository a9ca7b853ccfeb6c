// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tables/table_spec.h"

namespace hindstat {

/// A network namespace that has a name or a process, and the one the recorder ran in. Sources: /run/netns,
/// /run/docker/netns, /proc/PID/ns/net, /proc/PID/cgroup.
struct NetworkNamespace {
  std::string netns;
  std::uint64_t inode = 0;
  std::optional<std::string> name;
  std::optional<std::string> container;
  bool own = false;
};

inline constexpr auto network_namespaces = define_table<NetworkNamespace>(
  "network_namespace", "Network namespaces: the recorder's own and those that have a name or a process.",
  field<&NetworkNamespace::netns>("netns", Role::key, "How the other tables name it; empty is the recorder's own."),
  field<&NetworkNamespace::inode>("inode", Role::incarnation,
                                  "Inode in nsfs, as in net:[inode]; reused after it ends."),
  field<&NetworkNamespace::name>("name", Role::attribute, "Name in /run/netns or /run/docker/netns."),
  field<&NetworkNamespace::container>("container", Role::attribute, "Container id (12 digits) of its processes."),
  field<&NetworkNamespace::own>("own", Role::attribute, "True for the namespace the recorder ran in."));

} // namespace hindstat
