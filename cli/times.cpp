// SPDX-License-Identifier: MIT
// Times as people type them. A text is first read for its shape (LocalTime); only then the zone decides which moment
// it is, so that "no time at all" and "a time, but not one that exists" stay apart.
#include "cli/times.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/durations.h"
#include "cli/text_cursor.h"
#include "cli/time_zone.h"

namespace hindstat {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t second_ns = 1'000'000'000;
// Beyond these ns since 1970 do not fit 64 bits (years 1677 to 2262).
constexpr std::int64_t largest_second = std::numeric_limits<std::int64_t>::max() / second_ns - 1;

/// What a text says before a zone is applied.
struct LocalTime {
  enum class Day { today, yesterday, weekday, date };

  Day day = Day::today;
  std::chrono::weekday weekday;           ///< Day::weekday
  std::chrono::local_days date;           ///< Day::date
  std::optional<nanoseconds> time_of_day; ///< Absent: the beginning of the day.
  std::optional<seconds> offset;          ///< Written with the time.
};

std::optional<nanoseconds> read_fraction(Cursor& cursor) {
  const std::string_view digits = cursor.digits();
  if (digits.empty() || digits.size() > 9) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return nanoseconds(value);
}

// "3:10", "03:10", "03:10:05", "03:10:05.25"
std::optional<nanoseconds> read_time_of_day(Cursor& cursor) {
  const auto hour = cursor.number(1, 2);
  if (!hour || *hour > 23 || !cursor.take(':')) {
    return std::nullopt;
  }
  const auto minute = cursor.two_digits();
  if (!minute || *minute > 59) {
    return std::nullopt;
  }
  nanoseconds time = hours(*hour) + minutes(*minute);
  if (cursor.take(':')) {
    const auto second = cursor.two_digits();
    if (!second || *second > 59) {
      return std::nullopt;
    }
    time += seconds(*second);
    if (cursor.take_any(".,")) {
      const auto fraction = read_fraction(cursor);
      if (!fraction) {
        return std::nullopt;
      }
      time += *fraction;
    }
  }
  return time;
}

// "z", "+01:00", "-0330", "+01"
std::optional<seconds> read_offset(Cursor& cursor) {
  if (cursor.take('z')) {
    return seconds(0);
  }
  const bool east = cursor.take('+');
  if (!east && !cursor.take('-')) {
    return std::nullopt;
  }
  const auto hour = cursor.two_digits();
  cursor.take(':');
  const auto minute = cursor.two_digits();
  if (!hour || *hour > 23 || minute.value_or(0) > 59) {
    return std::nullopt;
  }
  const seconds offset = hours(*hour) + minutes(minute.value_or(0));
  return east ? offset : -offset;
}

std::optional<std::chrono::local_days> read_date(Cursor& cursor) {
  const auto year = cursor.number(4, 4);
  if (!year || !cursor.take('-')) {
    return std::nullopt;
  }
  const auto month = cursor.two_digits();
  if (!month || !cursor.take('-')) {
    return std::nullopt;
  }
  const auto day = cursor.two_digits();
  if (!day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional<std::chrono::local_days>(date) : std::nullopt;
}

std::optional<LocalTime> read_day_word(std::string_view word) {
  constexpr std::array<std::string_view, 7> names{"sunday",   "monday", "tuesday", "wednesday",
                                                  "thursday", "friday", "saturday"};
  LocalTime time;
  if (word == "today") {
    return time;
  }
  if (word == "yesterday" || word == "y") {
    time.day = LocalTime::Day::yesterday;
    return time;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (word.size() >= 3 && names[i].starts_with(word)) {
      time.day = LocalTime::Day::weekday;
      time.weekday = std::chrono::weekday(static_cast<unsigned>(i));
      return time;
    }
  }
  return std::nullopt;
}

// [DAY-WORD | DATE] [("T" | blank) TIME-OF-DAY [OFFSET]]
std::optional<LocalTime> read_local_time(std::string_view text) {
  Cursor cursor(text);
  LocalTime time;
  bool has_day = false;
  if (const std::string_view word = cursor.letters(); !word.empty()) {
    const auto day = read_day_word(word);
    if (!day) {
      return std::nullopt;
    }
    time = *day;
    has_day = true;
  } else if (text.size() > 4 && text[4] == '-') {
    const auto date = read_date(cursor);
    if (!date) {
      return std::nullopt;
    }
    time.day = LocalTime::Day::date;
    time.date = *date;
    has_day = true;
  }
  if (has_day && cursor.done()) {
    return time;
  }
  if (has_day && !cursor.blanks() && !(time.day == LocalTime::Day::date && cursor.take('t'))) {
    return std::nullopt;
  }
  time.time_of_day = read_time_of_day(cursor);
  if (!time.time_of_day) {
    return std::nullopt;
  }
  cursor.blanks();
  if (!cursor.done() && time.day == LocalTime::Day::date) {
    time.offset = read_offset(cursor);
    if (!time.offset) {
      return std::nullopt;
    }
  }
  return cursor.done() ? std::optional<LocalTime>(time) : std::nullopt;
}

std::int64_t checked_ns(sys_seconds moment, nanoseconds fraction, std::string_view text) {
  const std::int64_t count = moment.time_since_epoch().count();
  if (count > largest_second || count < -largest_second) {
    throw Error(fmt::format("'{}' is outside the years 1678 to 2261 (times since 1970 are given in seconds)", text));
  }
  return count * second_ns + fraction.count();
}

std::int64_t resolve_wall(std::chrono::local_seconds wall, nanoseconds fraction, const TimeZone& zone,
                          std::string_view text, bool only_day) {
  const LocalReading reading = zone.read(wall);
  if (only_day) {
    return checked_ns(reading.first_of_day, fraction, text);
  }
  if (reading.kind == LocalReading::Kind::unique) {
    return checked_ns(reading.candidates.front().moment, fraction, text);
  }
  const auto show = [&](const ZonedMoment& moment) {
    const seconds offset = reading.kind == LocalReading::Kind::twice ? moment.offset : zone.offset_at(moment.moment);
    return format_with_offset(moment.moment, offset);
  };
  const std::string what = reading.kind == LocalReading::Kind::twice
                             ? fmt::format("is there twice in {} (the clock is put back)", zone.name())
                             : fmt::format("does not exist in {} (the clock is put forward)", zone.name());
  std::vector<ZonedMoment> candidates = reading.candidates;
  std::ranges::sort(candidates, {}, &ZonedMoment::moment);
  throw Error(
    fmt::format("'{}' {}: write '{}' or '{}'", text, what, show(candidates.front()), show(candidates.back())));
}

std::int64_t resolve(const LocalTime& time, const TimeZone& zone, std::int64_t now_ns, std::string_view text) {
  const sys_seconds now(std::chrono::floor<seconds>(nanoseconds(now_ns)));
  const auto today =
    std::chrono::floor<days>(std::chrono::local_seconds((now + zone.offset_at(now)).time_since_epoch()));
  const nanoseconds time_of_day = time.time_of_day.value_or(nanoseconds(0));
  const seconds whole = std::chrono::floor<seconds>(time_of_day);
  const auto at = [&](std::chrono::local_days day) {
    if (time.offset) {
      return checked_ns(sys_seconds((day + whole - *time.offset).time_since_epoch()), time_of_day - whole, text);
    }
    return resolve_wall(day + whole, time_of_day - whole, zone, text, !time.time_of_day.has_value());
  };
  switch (time.day) {
    case LocalTime::Day::date:
      return at(time.date);
    case LocalTime::Day::yesterday:
      return at(today - days(1));
    case LocalTime::Day::weekday: {
      const auto last = today - (std::chrono::weekday(today) - time.weekday);
      // Of today only the part that has passed counts: judged by the clock on the wall, which needs no conversion.
      const bool is_ahead =
        last == today && last + time_of_day > nanoseconds(now_ns) + zone.offset_at(now) + std::chrono::local_days{};
      return at(is_ahead ? last - days(7) : last);
    }
    case LocalTime::Day::today:
      break;
  }
  const std::int64_t moment = at(today);
  if (moment > now_ns) {
    const std::string clock =
      whole.count() % 60 == 0 ? fmt::format("{:%H:%M}", whole) : fmt::format("{:%H:%M:%S}", whole);
    throw Error(fmt::format("{} today is in the future; did you mean 'yesterday {}'?", clock, clock));
  }
  return moment;
}

// "1795230000", "1795230000.25"
std::optional<std::int64_t> read_epoch(const std::string& text, std::string_view original) {
  Cursor cursor(text);
  const std::string_view digits = cursor.digits();
  if (digits.size() < 10) {
    return std::nullopt;
  }
  nanoseconds fraction(0);
  if (cursor.take('.')) {
    const auto read = read_fraction(cursor);
    if (!read) {
      return std::nullopt;
    }
    fraction = *read;
  }
  if (!cursor.done()) {
    return std::nullopt;
  }
  std::int64_t count = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc()) {
    count = std::numeric_limits<std::int64_t>::max();
  }
  return checked_ns(sys_seconds(seconds(count)), fraction, original);
}

std::optional<std::int64_t> read_moment(std::string_view original, const Zone& zone, std::int64_t now_ns) {
  constexpr std::string_view ago = " ago";
  const std::string text = lowered(original);
  if (text == "now") {
    return now_ns;
  }
  if (text.ends_with(ago)) {
    const auto length = read_duration(std::string_view(text).substr(0, text.size() - ago.size()));
    return length ? std::optional<std::int64_t>(now_ns - *length) : std::nullopt;
  }
  if (const auto epoch = read_epoch(text, original)) {
    return epoch;
  }
  const auto local = read_local_time(text);
  return local ? std::optional<std::int64_t>(resolve(*local, TimeZone(zone), now_ns, original)) : std::nullopt;
}

} // namespace

std::optional<std::int64_t> find_time(std::string_view text, const Zone& zone, std::int64_t now_ns) {
  const auto moment = read_moment(text, zone, now_ns);
  if (moment && *moment > now_ns) {
    throw Error(fmt::format("'{}' is in the future: {}, and it is {} now", text, format_time(*moment, zone),
                            format_time(now_ns, zone)));
  }
  return moment;
}

std::int64_t parse_time(std::string_view text, const Zone& zone, std::int64_t now_ns) {
  const auto moment = find_time(text, zone, now_ns);
  if (!moment) {
    throw Error(fmt::format("'{}' is no time: write '2026-11-21 03:10', '03:10', 'yesterday 03:10', 'mon 03:10', "
                            "'15 min ago' or seconds since 1970",
                            text));
  }
  return *moment;
}

} // namespace hindstat
