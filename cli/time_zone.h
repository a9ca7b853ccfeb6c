// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include <date/tz.h>

#include "cli/times.h"

namespace hindstat {

/// One reading of a clock on the wall.
struct ZonedMoment {
  std::chrono::sys_seconds moment;
  std::chrono::seconds offset; ///< Local time minus UTC.
};

/// Which moments a time on the wall may mean.
struct LocalReading {
  /// unique: one candidate. twice: the earlier, then the later. skipped: read with the offset before the clock was put
  /// forward, then with the offset after it; neither shows the time asked for.
  enum class Kind { unique, twice, skipped };

  Kind kind = Kind::unique;
  std::vector<ZonedMoment> candidates;
  std::chrono::sys_seconds first_of_day; ///< The moment to take when only the beginning of a day was asked for.
};

/// A Zone that was looked up: UTC, a zone of the system's database, or a fixed offset in POSIX form ("UTC0",
/// "<+03>-3").
class TimeZone {
public:
  /// Throws Error for a name that is no zone. The viewer's local zone never fails: $TZ when it is set (UTC when it
  /// names nothing, as the C library does), else the system's, else UTC.
  explicit TimeZone(const Zone& zone);

  [[nodiscard]] const std::string& name() const {
    return name_;
  }
  [[nodiscard]] std::chrono::seconds offset_at(std::chrono::sys_seconds moment) const;
  [[nodiscard]] LocalReading read(std::chrono::local_seconds wall) const;

private:
  [[nodiscard]] bool find(const std::string& name);
  void use_local();

  std::string name_ = "UTC";
  std::variant<std::chrono::seconds, const date::time_zone*> zone_; ///< A fixed offset, 0 at first, or a zone.
};

/// "2026-11-21 03:09:00 +0000"; `fraction` (".123") stands behind the seconds.
[[nodiscard]] std::string format_with_offset(std::chrono::sys_seconds moment, std::chrono::seconds offset,
                                             std::string_view fraction = "");

} // namespace hindstat
