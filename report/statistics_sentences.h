// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hindstat {

/// How netstat -s says one counter.
struct CounterSentence {
  enum class Shown : std::uint8_t { nonzero, always, never };

  std::string_view name;      ///< The kernel's name within its group; empty for a heading between the counters.
  std::string_view text = {}; ///< With "{}" for the number (a heading has none); empty is "Name: number".
  Shown shown = Shown::nonzero;
  std::uint8_t indent = 4; ///< Blanks in front.
};

/// The counters of one group (Ip, TcpExt, Ip6, ...) in the order in which they are printed.
struct CounterGroup {
  std::string_view group;
  std::span<const CounterSentence> sentences;
};

/// Every group that has a place of its own, in the order of printing. Counters and groups that are not here are new:
/// they are printed by their names.
[[nodiscard]] std::span<const CounterGroup> statistics_sentences();

} // namespace hindstat
