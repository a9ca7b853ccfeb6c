// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/times.h"
#include "recorder/recorder.h"

namespace hindstat {

inline constexpr const char* record_tool = "hindstat-record";

/// What the command line of hindstat-record asks for.
struct RecordCommand {
  enum class Verb { record, watch, list };

  Verb verb = Verb::record;
  std::string store; ///< Empty: the default one.
  std::string save_bundle;
  std::string bundle;
  std::string zone;
  RecordOptions record;
  bool resolve = false;
  std::string resolve_timeout = "2s";
  std::string table_deadline = "2s";
  std::string deadline = "20s";
  std::string every;  ///< watch
  std::string length; ///< watch; empty: until a signal.
  bool verbose = false;
  bool utc = false;
  bool json = false;

  [[nodiscard]] Zone viewer_zone() const {
    return Zone{utc ? "UTC" : zone};
  }
};

/// How long reading may take. Throws Error for what is no length of time.
[[nodiscard]] TimeLimits time_limits(const RecordCommand& command);
/// The interval of `watch`, from 10 ms to a year. Throws Error for anything else.
[[nodiscard]] std::int64_t watch_interval_ns(const RecordCommand& command);
/// How long `watch` goes on; nullopt: until a signal. Throws Error for what is no length of time.
[[nodiscard]] std::optional<std::int64_t> watch_length_ns(const RecordCommand& command);
/// How long `--resolve` may take, up to a minute. Throws Error for anything else.
[[nodiscard]] std::int64_t resolve_timeout_ns(const RecordCommand& command);

} // namespace hindstat
