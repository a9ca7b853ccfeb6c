// SPDX-License-Identifier: MIT
#include <chrono>

#include <fmt/format.h>

#include "cli/time_zone.h"
#include "cli/times.h"

namespace hindstat {

namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t second_ns = 1'000'000'000;

// Rounded down, without leaving 64 bits as chrono's floor() does for the earliest times.
sys_seconds whole_seconds(std::int64_t realtime_ns) {
  return sys_seconds(seconds(realtime_ns / second_ns - (realtime_ns % second_ns < 0 ? 1 : 0)));
}

std::string format_milliseconds(std::int64_t realtime_ns) {
  const std::int64_t fraction = (realtime_ns % second_ns + second_ns) % second_ns;
  return fmt::format(".{:03}", fraction / 1'000'000);
}

} // namespace

std::string format_with_offset(sys_seconds moment, seconds offset, std::string_view fraction) {
  const auto wall = moment + offset;
  const auto day = std::chrono::floor<days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(wall - day);
  const auto minutes_east = std::chrono::duration_cast<minutes>(std::chrono::abs(offset)).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} {}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), fraction, offset < seconds(0) ? '-' : '+',
                     minutes_east / 60, minutes_east % 60);
}

std::string format_time(std::int64_t realtime_ns, const Zone& zone, bool milliseconds) {
  const sys_seconds moment = whole_seconds(realtime_ns);
  return format_with_offset(moment, TimeZone(zone).offset_at(moment),
                            milliseconds ? format_milliseconds(realtime_ns) : "");
}

std::string format_time_iso(std::int64_t realtime_ns) {
  std::string text = format_with_offset(whole_seconds(realtime_ns), seconds(0), format_milliseconds(realtime_ns));
  text[10] = 'T';
  text.resize(text.find(' '));
  return text + 'Z';
}

} // namespace hindstat
