// SPDX-License-Identifier: MIT
#include "cli/times.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "base/error.h"
#include "tests/cli/environment.h"

namespace hindstat {

namespace {

// Monday, 2026-11-23 10:30:00 UTC; in Berlin 11:30.
constexpr std::int64_t now = 1'795'429'800'000'000'000;

const Zone utc{"UTC"};
const Zone berlin{"Europe/Berlin"};

std::string read(std::string_view text, const Zone& zone) {
  return format_time_iso(parse_time(text, zone, now));
}

std::string refusal(std::string_view text, const Zone& zone) {
  try {
    return "accepted as " + read(text, zone);
  } catch (const Error& error) {
    return error.what();
  }
}

bool has_zones() {
  try {
    return format_time(now, berlin) == "2026-11-23 11:30:00 +0100";
  } catch (const Error&) {
    WARN("skipped: no time zone database is installed (package tzdata)");
    return false;
  }
}

} // namespace

TEST_CASE("a time is read in each of its forms", "[cli]") {
  CHECK(read("now", utc) == "2026-11-23T10:30:00.000Z");
  CHECK(read("03:10", utc) == "2026-11-23T03:10:00.000Z");
  CHECK(read("3:10", utc) == "2026-11-23T03:10:00.000Z");
  CHECK(read("03:10:05.5", utc) == "2026-11-23T03:10:05.500Z");
  CHECK(read("today", utc) == "2026-11-23T00:00:00.000Z");
  CHECK(read("today 03:10", utc) == "2026-11-23T03:10:00.000Z");
  CHECK(read("yesterday 03:10", utc) == "2026-11-22T03:10:00.000Z");
  CHECK(read("Yesterday", utc) == "2026-11-22T00:00:00.000Z");
  CHECK(read("y 23:10", utc) == "2026-11-22T23:10:00.000Z");
  CHECK(read("15 min ago", utc) == "2026-11-23T10:15:00.000Z");
  CHECK(read("2 h ago", utc) == "2026-11-23T08:30:00.000Z");
  CHECK(read("1h30m ago", utc) == "2026-11-23T09:00:00.000Z");
  CHECK(read("3 days ago", utc) == "2026-11-20T10:30:00.000Z");
  CHECK(read("1795230000", utc) == "2026-11-21T03:00:00.000Z");
  CHECK(read("1795230000.25", utc) == "2026-11-21T03:00:00.250Z");
  CHECK(read("2026-11-21", utc) == "2026-11-21T00:00:00.000Z");
  CHECK(read("2026-11-21 03:10", utc) == "2026-11-21T03:10:00.000Z");
  CHECK(read("2026-11-21T03:10:05", utc) == "2026-11-21T03:10:05.000Z");
  CHECK(read("2026-11-21t03:10:05,25z", utc) == "2026-11-21T03:10:05.250Z");
  CHECK(read("2026-11-21T03:10+01:00", utc) == "2026-11-21T02:10:00.000Z");
  CHECK(read("2026-11-21T03:10-0330", utc) == "2026-11-21T06:40:00.000Z");
  CHECK(read(" 2026-11-21 03:10:00 +0000 ", utc) == "2026-11-21T03:10:00.000Z");
}

TEST_CASE("a weekday is the last such moment, today's only if it has passed", "[cli]") {
  CHECK(read("mon 03:00", utc) == "2026-11-23T03:00:00.000Z");
  CHECK(read("mon 10:30", utc) == "2026-11-23T10:30:00.000Z");
  CHECK(read("mon 10:31", utc) == "2026-11-16T10:31:00.000Z");
  CHECK(read("Monday", utc) == "2026-11-23T00:00:00.000Z");
  CHECK(read("sun 23:59", utc) == "2026-11-22T23:59:00.000Z");
  CHECK(read("tues 03:00", utc) == "2026-11-17T03:00:00.000Z");
}

TEST_CASE("a text that is no time is refused", "[cli]") {
  for (const char* text : {"",
                           " ",
                           "xyz",
                           "mo",
                           "25:00",
                           "03:60",
                           "9:5",
                           "2026-02-30",
                           "2026-13-01",
                           "2026-11-21 ",
                           "2026-11-21T",
                           "2026-11-21T3",
                           "2026-11-21 03:10 +99:00",
                           "12345",
                           "15 ago",
                           "min ago",
                           "ago",
                           "99999999999999999 w ago",
                           "1795230000x",
                           "tomorrow",
                           "today03:10",
                           "y03:10",
                           "03:10 yesterday",
                           "@latest"}) {
    INFO(text);
    if (std::string(text) == "2026-11-21 ") {
      CHECK(find_time(text, utc, now) == parse_time("2026-11-21", utc, now)); // Blanks at the ends do not count.
    } else {
      CHECK_FALSE(find_time(text, utc, now).has_value());
      CHECK_THROWS_AS(parse_time(text, utc, now), Error);
    }
  }
}

TEST_CASE("a time in the future is an error that says what was meant", "[cli]") {
  CHECK(refusal("10:31", utc) == "10:31 today is in the future; did you mean 'yesterday 10:31'?");
  CHECK(refusal("today 23:00", utc) == "23:00 today is in the future; did you mean 'yesterday 23:00'?");
  CHECK(refusal("2027-01-01", utc).find("is in the future: 2027-01-01 00:00:00 +0000") != std::string::npos);
  CHECK(refusal("1795429801", utc).find("is in the future") != std::string::npos);
  CHECK(refusal("1795429800000", utc).find("are given in seconds") != std::string::npos);
  CHECK(refusal("99999999999999999999999", utc).find("are given in seconds") != std::string::npos);
}

TEST_CASE("a time without a zone is in the viewer's", "[cli]") {
  if (!has_zones()) {
    return;
  }
  CHECK(read("03:10", berlin) == "2026-11-23T02:10:00.000Z");
  CHECK(read("2026-07-01 12:00", berlin) == "2026-07-01T10:00:00.000Z");
  CHECK(format_time(now, Zone{"America/New_York"}) == "2026-11-23 05:30:00 -0500");
  CHECK(read("today", Zone{"Asia/Kolkata"}) == "2026-11-22T18:30:00.000Z");
}

TEST_CASE("a time that the clock skips is an error with both readings", "[cli]") {
  if (!has_zones()) {
    return;
  }
  CHECK(refusal("2026-03-29 02:30", berlin)
        == "'2026-03-29 02:30' does not exist in Europe/Berlin (the clock is put forward): write "
           "'2026-03-29 01:30:00 +0100' or '2026-03-29 03:30:00 +0200'");
  CHECK(read("2026-03-29 01:59", berlin) == "2026-03-29T00:59:00.000Z");
  CHECK(read("2026-03-29 03:00", berlin) == "2026-03-29T01:00:00.000Z");
  CHECK(read("2026-03-29 02:30 +0100", berlin) == "2026-03-29T01:30:00.000Z");
}

TEST_CASE("a time that the clock shows twice is an error with both readings, which can be typed", "[cli]") {
  if (!has_zones()) {
    return;
  }
  CHECK(refusal("2026-10-25 02:30", berlin)
        == "'2026-10-25 02:30' is there twice in Europe/Berlin (the clock is put back): write "
           "'2026-10-25 02:30:00 +0200' or '2026-10-25 02:30:00 +0100'");
  CHECK(read("2026-10-25 02:30:00 +0200", berlin) == "2026-10-25T00:30:00.000Z");
  CHECK(read("2026-10-25 02:30:00 +0100", berlin) == "2026-10-25T01:30:00.000Z");
  CHECK(format_time(parse_time("2026-10-25T00:30Z", utc, now), berlin) == "2026-10-25 02:30:00 +0200");
  CHECK(format_time(parse_time("2026-10-25T01:30Z", utc, now), berlin) == "2026-10-25 02:30:00 +0100");
}

TEST_CASE("a day that begins in a gap begins at its first moment", "[cli]") {
  if (!has_zones()) {
    return;
  }
  // Beirut put its clock forward at midnight in 2026: that Sunday began at 01:00.
  CHECK(read("2026-03-29", Zone{"Asia/Beirut"}) == "2026-03-28T22:00:00.000Z");
}

TEST_CASE("the local zone is TZ, by name or as a fixed offset, and UTC when it names nothing", "[cli]") {
  const Zone local;
  for (const char* name : {"UTC", "UTC0", "", "no such zone", ":UTC"}) {
    const ScopedVariable variable("TZ", name);
    CHECK(format_time(now, local) == "2026-11-23 10:30:00 +0000");
  }
  const ScopedVariable west("TZ", "EST+5");
  CHECK(format_time(now, local) == "2026-11-23 05:30:00 -0500");
  const ScopedVariable east("TZ", "<+0330>-3:30");
  CHECK(format_time(now, local) == "2026-11-23 14:00:00 +0330");
  CHECK(read("14:00", local) == "2026-11-23T10:30:00.000Z");
  if (has_zones()) {
    const ScopedVariable named("TZ", ":Europe/Berlin");
    CHECK(format_time(now, local) == "2026-11-23 11:30:00 +0100");
    const ScopedVariable path("TZ", "/usr/share/zoneinfo/Europe/Berlin");
    CHECK(format_time(now, local) == "2026-11-23 11:30:00 +0100");
  }
}

TEST_CASE("a zone that does not exist is refused by name", "[cli]") {
  CHECK_THROWS_WITH(format_time(now, Zone{"Europe/Nowhere"}), Catch::Contains("'Europe/Nowhere' is no time zone"));
  CHECK_THROWS_AS(format_time(now, Zone{"../../../etc/passwd"}), Error);
}

TEST_CASE("times are printed with their offset, also before 1970 and with milliseconds", "[cli]") {
  CHECK(format_time(0, utc) == "1970-01-01 00:00:00 +0000");
  CHECK(format_time(-1, utc, true) == "1969-12-31 23:59:59.999 +0000");
  CHECK(format_time_iso(now + 123'456'789) == "2026-11-23T10:30:00.123Z");
  CHECK(format_time_iso(std::numeric_limits<std::int64_t>::max()) == "2262-04-11T23:47:16.854Z");
  CHECK(format_time_iso(std::numeric_limits<std::int64_t>::min()) == "1677-09-21T00:12:43.145Z");
}

TEST_CASE("lengths of time are printed in the units that matter", "[cli]") {
  constexpr std::int64_t second = 1'000'000'000;
  CHECK(format_duration(0) == "0 ms");
  CHECK(format_duration(400'000) == "0.4 ms");
  CHECK(format_duration(850'000'000) == "850 ms");
  CHECK(format_duration(999'600'000) == "1.0 s");
  CHECK(format_duration(60 * second) == "60.0 s");
  CHECK(format_duration(725 * second) == "12 min 5 s");
  CHECK(format_duration(3599 * second + second * 9 / 10) == "1 h");
  CHECK(format_duration(12000 * second) == "3 h 20 min");
  CHECK(format_duration(187'200 * second) == "2 d 4 h");
  CHECK(format_duration(-5 * second) == "-5.0 s");
  CHECK(format_duration(std::numeric_limits<std::int64_t>::min()) == "-106752 d");
}

TEST_CASE("lengths of time are read with units or as seconds", "[cli]") {
  constexpr std::int64_t second = 1'000'000'000;
  CHECK(parse_duration("90") == 90 * second);
  CHECK(parse_duration("90s") == 90 * second);
  CHECK(parse_duration("15m") == 900 * second);
  CHECK(parse_duration("2h") == 7200 * second);
  CHECK(parse_duration("1d") == 86400 * second);
  CHECK(parse_duration("1h30m") == 5400 * second);
  CHECK(parse_duration("1 h 30 min") == 5400 * second);
  CHECK(parse_duration("250ms") == second / 4);
  for (const char* text : {"", "h", "-5s", "5x", "1h30", "99999999999999999999s", "400000000000d", "5 s x"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_duration(text), Error);
  }
}

} // namespace hindstat
