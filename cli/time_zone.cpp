// SPDX-License-Identifier: MIT
// Zones come from the system's database through the date library, which throws where the database is not installed:
// a minimal container has none, and there times are UTC.
#include "cli/time_zone.h"

#include <cstdlib>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view zoneinfo = "/usr/share/zoneinfo/";

template <typename Lookup>
auto quietly(Lookup&& lookup) -> std::optional<decltype(lookup())> {
  try {
    return lookup();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// "UTC0", "CET-1", "<+0330>-3:30": a name and how far it is west of UTC (POSIX TZ without a summer time rule).
std::optional<seconds> read_fixed_offset(const std::string& text) {
  static const std::regex form("(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)([+-]?)([0-9]{1,2})(?::([0-5][0-9]))?");
  std::smatch match;
  if (!std::regex_match(text, match, form)) {
    return std::nullopt;
  }
  const int minutes_west = std::stoi(match[2]) * 60 + (match[3].matched ? std::stoi(match[3]) : 0);
  if (minutes_west > 24 * 60) {
    return std::nullopt;
  }
  const seconds west = std::chrono::minutes(minutes_west);
  return match[1] == "-" ? west : -west;
}

LocalReading from_local_info(const date::local_info& info, seconds wall) {
  const auto at = [&](const date::sys_info& side) { return ZonedMoment{sys_seconds(wall - side.offset), side.offset}; };
  LocalReading reading;
  switch (info.result) {
    case date::local_info::nonexistent:
      reading.kind = LocalReading::Kind::skipped;
      reading.candidates = {at(info.first), at(info.second)};
      reading.first_of_day = sys_seconds(info.second.begin.time_since_epoch());
      return reading;
    case date::local_info::ambiguous:
      reading.kind = LocalReading::Kind::twice;
      reading.candidates = {at(info.first), at(info.second)};
      break;
    default:
      reading.candidates = {at(info.first)};
      break;
  }
  reading.first_of_day = reading.candidates.front().moment;
  return reading;
}

} // namespace

TimeZone::TimeZone(const Zone& zone) {
  if (zone.name.empty()) {
    use_local();
  } else if (!find(zone.name)) {
    throw Error(
      fmt::format("'{}' is no time zone of this system: write a name such as Europe/Berlin, or UTC", zone.name));
  }
}

bool TimeZone::find(const std::string& name) {
  if (name == "UTC" || name == "utc" || name == "UTC0" || name == "Z") {
    return true;
  }
  if (const auto named = quietly([&] { return date::locate_zone(name); })) {
    zone_ = *named;
    name_ = name;
    return true;
  }
  if (const auto offset = read_fixed_offset(name)) {
    zone_ = *offset;
    name_ = name;
    return true;
  }
  return false;
}

void TimeZone::use_local() {
  if (const char* variable = std::getenv("TZ")) {
    std::string_view name(variable);
    if (name.starts_with(':')) {
      name.remove_prefix(1);
    }
    if (name.starts_with(zoneinfo)) {
      name.remove_prefix(zoneinfo.size());
    }
    if (name != "/etc/localtime") {
      static_cast<void>(name.empty() || find(std::string(name)));
      return;
    }
  }
  if (const auto current = quietly([] { return date::current_zone(); })) {
    zone_ = *current;
    name_ = (*current)->name();
  }
}

seconds TimeZone::offset_at(sys_seconds moment) const {
  const date::sys_seconds at(moment.time_since_epoch());
  if (const auto* const* named = std::get_if<const date::time_zone*>(&zone_)) {
    return (*named)->get_info(at).offset;
  }
  return std::get<seconds>(zone_);
}

LocalReading TimeZone::read(std::chrono::local_seconds wall) const {
  const date::local_seconds at(wall.time_since_epoch());
  if (const auto* const* named = std::get_if<const date::time_zone*>(&zone_)) {
    return from_local_info((*named)->get_info(at), wall.time_since_epoch());
  }
  const seconds offset = std::get<seconds>(zone_);
  const sys_seconds moment(wall.time_since_epoch() - offset);
  return LocalReading{LocalReading::Kind::unique, {ZonedMoment{moment, offset}}, moment};
}

} // namespace hindstat
