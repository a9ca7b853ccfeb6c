// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/times.h"
#include "store/store.h"

namespace hindstat {

/// Which of several candidates a TIME picks.
enum class TimeMatch { at_or_before, nearest, after };

struct SelectorOptions {
  std::string this_host;       ///< Host name of the machine that the tool runs on.
  std::string this_machine_id; ///< Its /etc/machine-id; empty when unknown.
  TimeMatch match = TimeMatch::at_or_before;
  std::optional<std::int64_t> max_gap_ns; ///< A TIME further than this from the snapshot found is an error.
  Zone zone;                              ///< In which times without a zone are read.
  std::int64_t now_ns = 0;                ///< CLOCK_REALTIME of the viewer.
  std::string_view host_advice = "write HOST:SNAPSHOT"; ///< What helps when there are several hosts.
};

/// Options for whoever runs the tool: this machine's host name and id, its clock, and `zone`.
[[nodiscard]] SelectorOptions viewer_options(const Zone& zone);

/// A snapshot that was found, and how.
struct Selected {
  SnapshotEntry entry;
  std::optional<std::int64_t> asked_ns; ///< The TIME asked for; absent when it was chosen by id or position.
  std::string warning;                  ///< A sentence when the time asked for is more than two intervals away.
};

/// Finds the snapshot that `selector` names (docs: command-line selectors): [HOST:](@latest|@first|@-N|N|TIME|uid:HEX).
/// `entries` is Store::list(). Throws Error when nothing matches, or hosts are ambiguous; the sentence lists them.
[[nodiscard]] Selected select_snapshot(const std::vector<SnapshotEntry>& entries, std::string_view selector,
                                       const SelectorOptions& options);

} // namespace hindstat
