// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "tables/table_spec.h"

namespace hindstat {

/// What one CPU did with frames that came in. Source: /proc/net/softnet_stat (net/core/net-procfs.c), which is of the
/// whole machine. Older kernels have fewer columns.
struct Softnet {
  std::uint32_t cpu = 0;
  std::uint32_t processed = 0;
  std::uint32_t dropped = 0;
  std::uint32_t squeezed = 0;
  std::optional<std::uint32_t> steered;
  std::optional<std::uint32_t> flow_limited;
  std::optional<std::uint32_t> backlog;
};

inline constexpr auto softnets = define_table<Softnet>(
  "softnet", "What each CPU did with the frames that came in; of the whole machine.",
  field<&Softnet::cpu>("cpu", Role::key, "CPU; before Linux 5.10 its place among those that are online."),
  field<&Softnet::processed>("processed", Role::counter, "Frames processed.", Unit::packets),
  field<&Softnet::dropped>("dropped", Role::counter, "Frames dropped: the CPU's backlog was full.", Unit::packets),
  field<&Softnet::squeezed>("squeezed", Role::counter,
                            "Times that work was left when the budget or the time was used up.", Unit::count),
  field<&Softnet::steered>("steered", Role::counter, "Times that another CPU woke this one to take frames (RPS).",
                           Unit::count),
  field<&Softnet::flow_limited>("flow_limited", Role::counter, "Frames dropped by the flow limit.", Unit::packets),
  field<&Softnet::backlog>("backlog", Role::gauge, "Frames that wait for this CPU.", Unit::packets));

} // namespace hindstat
