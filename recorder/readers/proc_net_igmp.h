// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "recorder/read_context.h"
#include "tables/multicast_group.h"

namespace hindstat {

/// Collects the rows of table multicast_group.
using MulticastRows = TableBuilder<std::remove_const_t<decltype(multicast_groups)>>;

/// Reads the lines of /proc/net/igmp one after the other: the interface's line stands above those of its groups.
class IgmpLines {
public:
  /// `boottime_ms`: when the file was read; timers count from there.
  explicit IgmpLines(std::uint64_t boottime_ms) : boottime_ms_(boottime_ms) {
  }

  /// Adds the row of a group's line. Headings: the header and interfaces' lines.
  [[nodiscard]] Verdict add(MulticastRows& rows, std::string_view line);

private:
  std::uint64_t boottime_ms_;
  std::string interface_; ///< Empty before the first interface and after a line that is none.
};

/// Adds the row of one line of /proc/net/igmp6.
[[nodiscard]] Verdict add_igmp6_line(MulticastRows& rows, std::string_view line, std::uint64_t boottime_ms);

} // namespace hindstat
