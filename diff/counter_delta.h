// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tables/snapshot.h"

namespace hindstat {

/// CLOCK_BOOTTIME of the middle of the reading of a table of one namespace, in ns: what its timers are held against.
[[nodiscard]] std::int64_t boottime_of_reading(const Snapshot& snapshot, std::string_view table,
                                               std::string_view netns);

/// From a moment to the one at which a timer runs out, both on CLOCK_BOOTTIME, in ms; negative when it is over. What no
/// clock reaches is cut.
[[nodiscard]] std::int64_t time_left_ms(std::uint64_t expires_ms, std::int64_t now_ms);

/// The time in which the counters of a table of one namespace counted.
struct CountedTime {
  bool same_boot = true;
  bool reversed = false; ///< B was read before A: what was counted lies from B to A.
  /// Between the two readings of that table by CLOCK_BOOTTIME; across boots from the boot of B to its reading. 0 when
  /// unknown.
  double seconds = 0;
};
[[nodiscard]] CountedTime counted_time(const Snapshot& before, const Snapshot& after, std::string_view table,
                                       std::string_view netns, bool same_boot);

/// What two readings of a counter say (diff-semantics 3.8).
enum class DeltaKind : std::uint8_t {
  nothing,     ///< Not counted.
  counted,     ///< So much was counted.
  wrapped,     ///< The same, past the end of 32 bits.
  reset,       ///< It started again: at least so much.
  since_boot,  ///< Another boot: so much since then.
  implausible, ///< A reading beyond 2^63 is a negative number of the kernel's, not a count.
};

struct CounterDelta {
  DeltaKind kind = DeltaKind::nothing;
  std::uint64_t amount = 0;
};
/// `is_narrow`: the counter may be one of 32 bits, so that falling may be wrapping.
[[nodiscard]] CounterDelta count_between(std::uint64_t before, std::uint64_t after, const CountedTime& time,
                                         bool is_narrow);

/// `amount` a second: "31.7", "0.017", "12345"; "" when the time is unknown.
[[nodiscard]] std::string format_rate(std::uint64_t amount, const CountedTime& time);

} // namespace hindstat
