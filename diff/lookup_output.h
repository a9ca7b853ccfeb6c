// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "diff/best_route.h"
#include "diff/output.h"

namespace hindstat {

/// Where packets to one address went, on both sides and in one namespace.
struct LookedUp {
  std::string netns;
  RouteAnswer before;
  RouteAnswer after;

  /// Whether both are known and packets went the same way; the rule that led there may be another one.
  [[nodiscard]] bool is_same() const;
  [[nodiscard]] bool is_known() const {
    return before.known && after.known;
  }
};

/// The answer in each namespace whose routes one of the two snapshots tried to read, the recorder's own first.
[[nodiscard]] std::vector<LookedUp> look_up_both(const Snapshot& before, const Snapshot& after,
                                                 const IpAddress& address);

/// For people: which snapshots, then for each namespace a line a side. What comes from the recorded host is made safe
/// for a terminal.
[[nodiscard]] std::string format_lookup_text(const std::vector<LookedUp>& found, const IpAddress& address,
                                             const DiffLabels& labels);
/// One JSON object a line for each namespace (docs/diff-json.md).
[[nodiscard]] std::string format_lookup_json(const std::vector<LookedUp>& found, const IpAddress& address,
                                             const DiffLabels& labels);

} // namespace hindstat
