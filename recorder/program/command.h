// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/range_selection.h"
#include "cli/times.h"
#include "recorder/program/keep_command.h"
#include "recorder/recorder.h"

namespace hindstat {

inline constexpr const char* record_tool = "hindstat-record";

/// What the command line of hindstat-record asks for.
struct RecordCommand {
  enum class Verb { record, watch, list, work, keep };

  Verb verb = Verb::record;
  std::string store; ///< Empty: the default one.
  std::string mode = "0600";
  std::string save_bundle;
  std::string bundle;
  std::string zone;
  RecordOptions record;
  bool resolve = false;
  std::string resolve_timeout = "2s";
  std::string table_deadline = "2s";
  std::string deadline = "20s";
  std::string every;                                ///< watch
  std::string length;                               ///< watch; empty: until a signal.
  ExitCode (*work)(const RecordCommand&) = nullptr; ///< Verb::work: what the verb does.
  std::vector<std::int64_t> ids;                    ///< rm
  std::vector<std::string> paths;                   ///< import, export, salvage
  std::vector<std::string> hosts;                   ///< export
  std::string since;                                ///< export
  std::string until;                                ///< export
  bool anonymise = false;                           ///< export
  std::string map;                                  ///< export; empty: beside the new file.
  bool again = false;                               ///< import
  bool verbose = false;
  bool utc = false;
  bool json = false;
  RangeRequest listed; ///< list: which of them.
  KeepCommand keep;    ///< Verb::keep

  [[nodiscard]] Zone viewer_zone() const {
    return Zone{utc ? "UTC" : zone};
  }
};

/// The mode of a store that is created. Throws Error unless it is octal, the owner may read and write, and nobody may
/// execute.
[[nodiscard]] std::uint32_t store_mode(const RecordCommand& command);
/// How long reading may take. Throws Error for what is no length of time.
[[nodiscard]] TimeLimits time_limits(const RecordCommand& command);
/// The interval of `watch`, from 10 ms to a year. Throws Error for anything else.
[[nodiscard]] std::int64_t watch_interval_ns(const RecordCommand& command);
/// How long `watch` goes on; nullopt: until a signal. Throws Error for what is no length of time.
[[nodiscard]] std::optional<std::int64_t> watch_length_ns(const RecordCommand& command);
/// How long `--resolve` may take, up to a minute. Throws Error for anything else.
[[nodiscard]] std::int64_t resolve_timeout_ns(const RecordCommand& command);

} // namespace hindstat
