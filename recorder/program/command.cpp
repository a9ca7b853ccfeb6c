// SPDX-License-Identifier: MIT
#include "recorder/program/command.h"

#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"

namespace hindstat {

namespace {

constexpr std::int64_t ms_ns = 1'000'000;
constexpr std::int64_t minute_ns = 60'000 * ms_ns;
constexpr std::int64_t year_ns = 366 * 24 * 60 * minute_ns;

} // namespace

std::uint32_t store_mode(const RecordCommand& command) {
  constexpr std::uint32_t needed = 0600;
  constexpr std::uint32_t possible = 0666;
  constexpr int octal = 8;
  std::uint32_t mode = 0;
  const char* end = command.mode.data() + command.mode.size();
  const auto [parsed, error] = std::from_chars(command.mode.data(), end, mode, octal);
  if (error != std::errc() || parsed != end || (mode & needed) != needed || (mode & ~possible) != 0) {
    throw Error(fmt::format("--mode {}: a store has an octal mode from 0600 to 0666 such as 0640", command.mode));
  }
  return mode;
}

TimeLimits time_limits(const RecordCommand& command) {
  return {parse_duration(command.table_deadline), parse_duration(command.deadline)};
}

std::int64_t watch_interval_ns(const RecordCommand& command) {
  const std::int64_t every = parse_duration(command.every);
  if (every < 10 * ms_ns || every > year_ns) {
    throw Error(fmt::format("--every {}: the beats of a watch are 10 ms to a year apart", command.every));
  }
  return every;
}

std::optional<std::int64_t> watch_length_ns(const RecordCommand& command) {
  return command.length.empty() ? std::nullopt : std::optional(parse_duration(command.length));
}

std::int64_t resolve_timeout_ns(const RecordCommand& command) {
  const std::int64_t timeout = parse_duration(command.resolve_timeout);
  if (timeout <= 0 || timeout > minute_ns) {
    throw Error(fmt::format("--resolve-timeout {}: names are waited for up to a minute", command.resolve_timeout));
  }
  return timeout;
}

} // namespace hindstat
