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
  std::string host;            ///< Host that selectors without HOST are about, as in HOST; empty: the usual one.
  TimeMatch match = TimeMatch::at_or_before;
  std::optional<std::int64_t> max_gap_ns; ///< A TIME further than this from the snapshot found is an error.
  Zone zone;                              ///< In which times without a zone are read.
  std::int64_t now_ns = 0;                ///< CLOCK_REALTIME of the viewer.
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

/// The snapshots of one host in the order of time: of the host named as in HOST; without a name of the one that
/// selectors without HOST are about. Throws Error as select_snapshot().
[[nodiscard]] std::vector<SnapshotEntry> entries_of_host(const std::vector<SnapshotEntry>& entries,
                                                         const std::string& host, const SelectorOptions& options);

/// How far apart snapshots usually are: the median distance of neighbours, ns. `entries` are of one host, in the order
/// of time; nullopt where they are too few to speak of "usual".
[[nodiscard]] std::optional<std::int64_t> usual_interval(const std::vector<SnapshotEntry>& entries);

} // namespace hindstat
