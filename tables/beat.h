// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "tables/table_spec.h"

namespace hindstat {

/// When a watch (`hindstat-record watch`) wanted this snapshot, and when it began: one row, and none in a snapshot that
/// was recorded on its own. Source: the recorder itself. On time and with nothing missing, consecutive rows are equal.
struct Beat {
  std::uint64_t every_ms = 0;
  std::uint64_t late_ms = 0;
  std::uint32_t skipped = 0;
  std::uint32_t lost = 0;
};

inline constexpr auto beats = define_table<Beat>(
  "beat", "How punctual a watch was with this snapshot.",
  field<&Beat::every_ms>("every_ms", Role::key, "From beat to beat.", Unit::milliseconds),
  field<&Beat::late_ms>("late_ms", Role::note, "How long after its beat the recording began.", Unit::milliseconds),
  field<&Beat::skipped>(
    "skipped", Role::note,
    "Beats without a recording since the snapshot that the watch stored before: the one before took "
    "too long, or the recorder was stopped or the machine asleep.",
    Unit::count),
  field<&Beat::lost>("lost", Role::note,
                     "Recordings since then that could not be stored: the store was busy or the disk full.",
                     Unit::count));

} // namespace hindstat
