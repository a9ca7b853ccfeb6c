// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/event.h"
#include "diff/rule_context.h"
#include "tables/conntrack.h"

namespace hindstat {

/// How a flow that is gone came to its end.
struct FlowEnd {
  std::string_view how; ///< "closed", "timed_out", "early"; empty when it had no timer.
  Confidence confidence = Confidence::consistent;
  std::vector<std::string> why;
  bool flushed = false; ///< Nearly all flows of the namespace that should have stayed are gone, too.
};

/// Judges the ends of flows of the table of A by their timers, at the moments when B's tables were read
/// (diff-semantics 3.10): first count() every flow of A, then ask.
class FlowEnds {
public:
  explicit FlowEnds(const RuleContext& context) : context_(context) {
  }

  void count(const Table& before, std::uint32_t row, bool gone);
  [[nodiscard]] FlowEnd end_of(const Conntrack& flow);

private:
  struct Facts {
    std::int64_t read_at_ms = 0; ///< CLOCK_BOOTTIME of B's reading.
    double seconds = 0;          ///< From A's reading to B's.
    std::uint64_t early_drops = 0;
    std::size_t due = 0; ///< Flows of A that should be in B.
    std::size_t gone = 0;
  };
  [[nodiscard]] Facts& facts_of(std::string_view netns);
  [[nodiscard]] static bool is_due(std::optional<std::uint64_t> expires, std::string_view state, const Facts& facts);

  const RuleContext& context_;
  std::map<std::string, Facts, std::less<>> facts_; ///< By namespace.
};

} // namespace hindstat
