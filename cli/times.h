// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hindstat {

/// A time zone for reading and printing times: the viewer's local one, UTC, or one named ("Europe/Berlin").
struct Zone {
  std::string name; ///< Empty is the viewer's local zone.
};

/// Reads a TIME: ISO 8601 (with or without zone), "HH:MM[:SS]", "yesterday 03:10", "y 03:10", "today", "mon 03:00",
/// "15 min ago", "now", or seconds since 1970 (10 or more digits). "HH:MM" is today's; a weekday is the last such
/// moment (today's if it has passed). Returns ns since 1970 UTC. Throws Error for a text that is no time, for a time in
/// the future, and for one that the zone skips or has twice (the sentence lists the candidates).
[[nodiscard]] std::int64_t parse_time(std::string_view text, const Zone& zone, std::int64_t now_ns);

/// The same; nullopt for a text that has not the shape of a time. Throws Error for one that has, and is in the future,
/// skipped or there twice.
[[nodiscard]] std::optional<std::int64_t> find_time(std::string_view text, const Zone& zone, std::int64_t now_ns);

/// "2026-11-21 03:09:00 +0000"; with `milliseconds` "2026-11-21 03:09:00.123 +0000".
[[nodiscard]] std::string format_time(std::int64_t realtime_ns, const Zone& zone, bool milliseconds = false);

/// "2026-11-21T03:09:00.123Z", for JSON.
[[nodiscard]] std::string format_time_iso(std::int64_t realtime_ns);

/// A length of time for people: "850 ms", "60.0 s", "12 min 5 s", "3 h 20 min", "2 d 4 h".
[[nodiscard]] std::string format_duration(std::int64_t ns);

/// "90s", "15m", "2h", "1d", "1h30m", or plain seconds; ns. Throws Error for anything else.
[[nodiscard]] std::int64_t parse_duration(std::string_view text);

} // namespace hindstat
