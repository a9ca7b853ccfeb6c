// SPDX-License-Identifier: MIT
#include "cli/durations.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/text_cursor.h"
#include "cli/times.h"

namespace hindstat {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t minute_ns = 60 * second_ns;
constexpr std::int64_t hour_ns = 60 * minute_ns;
constexpr std::int64_t day_ns = 24 * hour_ns;

struct DurationUnit {
  std::string_view name;
  std::int64_t ns;
};

constexpr std::array duration_units{
  DurationUnit{"ms", 1'000'000},     DurationUnit{"s", second_ns},       DurationUnit{"sec", second_ns},
  DurationUnit{"secs", second_ns},   DurationUnit{"second", second_ns},  DurationUnit{"seconds", second_ns},
  DurationUnit{"m", minute_ns},      DurationUnit{"min", minute_ns},     DurationUnit{"mins", minute_ns},
  DurationUnit{"minute", minute_ns}, DurationUnit{"minutes", minute_ns}, DurationUnit{"h", hour_ns},
  DurationUnit{"hr", hour_ns},       DurationUnit{"hour", hour_ns},      DurationUnit{"hours", hour_ns},
  DurationUnit{"d", day_ns},         DurationUnit{"day", day_ns},        DurationUnit{"days", day_ns},
  DurationUnit{"w", 7 * day_ns},     DurationUnit{"week", 7 * day_ns},   DurationUnit{"weeks", 7 * day_ns},
};

std::string format_two(std::uint64_t large, std::string_view large_unit, std::uint64_t small,
                       std::string_view small_unit) {
  return small == 0 ? fmt::format("{} {}", large, large_unit)
                    : fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
}

} // namespace

std::optional<std::int64_t> read_duration(std::string_view text) {
  Cursor cursor(text);
  std::int64_t sum = 0;
  do {
    const std::string_view digits = cursor.digits();
    std::int64_t count = 0;
    if (digits.empty() || std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc()) {
      return std::nullopt;
    }
    cursor.blanks();
    const std::string_view name = cursor.letters();
    const auto* unit = std::ranges::find(duration_units, name, &DurationUnit::name);
    std::int64_t part = 0;
    if (unit == duration_units.end() || __builtin_mul_overflow(count, unit->ns, &part)
        || __builtin_add_overflow(sum, part, &sum)) {
      return std::nullopt;
    }
    cursor.blanks();
  } while (!cursor.done());
  return sum;
}

std::string format_duration(std::int64_t ns) {
  const std::string sign = ns < 0 ? "-" : "";
  const std::uint64_t length = ns < 0 ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const double milliseconds = static_cast<double>(length) / 1e6;
  const std::uint64_t whole_s = (length + 500'000'000) / 1'000'000'000;
  const std::uint64_t whole_min = (whole_s + 30) / 60;
  const std::uint64_t whole_h = (whole_min + 30) / 60;
  if (milliseconds < 999.5) {
    return sign
           + (milliseconds < 10 && length != 0 ? fmt::format("{:.1f} ms", milliseconds)
                                               : fmt::format("{:.0f} ms", milliseconds));
  }
  if (milliseconds < 119'950) {
    return sign + fmt::format("{:.1f} s", milliseconds / 1000);
  }
  if (whole_s < 3600) {
    return sign + format_two(whole_s / 60, "min", whole_s % 60, "s");
  }
  if (whole_min < 1440) {
    return sign + format_two(whole_min / 60, "h", whole_min % 60, "min");
  }
  return sign + format_two(whole_h / 24, "d", whole_h % 24, "h");
}

std::int64_t parse_duration(std::string_view text) {
  const std::string lower = lowered(text);
  const bool plain = !lower.empty() && std::ranges::all_of(lower, is_digit);
  const auto length = read_duration(plain ? lower + "s" : lower);
  if (!length) {
    throw Error(fmt::format("'{}' is no length of time: write 90s, 15m, 2h, 1d or 1h30m", text));
  }
  return *length;
}

} // namespace hindstat
