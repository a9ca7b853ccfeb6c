// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "store/limits.h"

namespace hindstat {

/// What is asked of a store by those who look after it: prune, pin, unpin, mark, status.
struct KeepCommand {
  enum class Verb { prune, pin, unpin, mark, status };

  Verb verb = Verb::status;
  std::string keep;                   ///< prune
  std::string max_size;               ///< prune
  std::vector<std::string> thin;      ///< prune
  bool set = false;                   ///< prune
  bool unset = false;                 ///< prune
  bool dry_run = false;               ///< prune
  std::vector<std::string> snapshots; ///< pin, unpin
  std::string note;                   ///< pin
  std::string text;                   ///< mark
  std::string at;                     ///< mark; empty: now.
  std::string host;                   ///< mark, status; empty: as for selectors.
  std::string max_age;                ///< status; empty: by the usual interval.
};

/// The limits that the options of prune give. Throws Error for what is none.
[[nodiscard]] Limits limits_of(const KeepCommand& command);

/// "30 d 0 h, 2.0 GB, one every 1 h 0 min after 7 d 0 h"
[[nodiscard]] std::string format_limits(const Limits& limits);

} // namespace hindstat
