// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "recorder/readers/conntrack_rows.h"

namespace hindstat {

/// What /proc/net/ip_masquerade of kernels 2.0 and 2.2 says: a heading, then a masqueraded flow a line. The
/// masquerading address is not in it, only the port.
class IpMasqueradeLines {
public:
  explicit IpMasqueradeLines(const ReadMoment& moment) : moment_(moment) {
  }

  /// Adds the row of a line; skipped: the heading, which must come first, and blank padding.
  [[nodiscard]] Verdict add(ConntrackRows& rows, std::string_view line);

private:
  ReadMoment moment_;
  bool has_heading_ = false;
  bool has_previous_delta_ = false;
};

} // namespace hindstat
