// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "recorder/readers/conntrack_rows.h"

namespace hindstat {

/// Adds the row of one line of /proc/net/nf_conntrack or /proc/net/ip_conntrack; lines of `conntrack -L`, with or
/// without -o extended, id, are of the same form. Words that are not known (there are many dialects) are passed over;
/// rejected: a line without a protocol number, with a number that is none, or without two whole tuples.
[[nodiscard]] Verdict add_conntrack_line(ConntrackRows& rows, std::string_view line, const ReadMoment& moment);

/// Adds the row of one line of /proc/net/nf_conntrack_expect.
[[nodiscard]] Verdict add_expectation_line(ExpectationRows& rows, std::string_view line, const ReadMoment& moment);

/// What /proc/net/stat/nf_conntrack says: a heading, then a line a CPU.
class ConntrackStatLines {
public:
  /// Adds the counters of a line; skipped: the heading, which must come first.
  [[nodiscard]] Verdict add(std::string_view line);

  [[nodiscard]] const ConntrackCounters& counters() const {
    return counters_;
  }
  /// Flows tracked, which each line repeats; nullopt before the first.
  [[nodiscard]] std::optional<std::uint64_t> entries() const {
    return entries_;
  }

private:
  std::string heading_;
  ConntrackCounters counters_;
  std::optional<std::uint64_t> entries_;
};

} // namespace hindstat
