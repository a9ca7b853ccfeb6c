// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cli/selector.h"
#include "recorder/program/command.h"
#include "store/disk_space.h"
#include "store/store.h"

namespace hindstat {

/// A time without a snapshot, much longer than usual, in which the recorder stored nothing.
struct Pause {
  std::int64_t from_ns = 0; ///< CLOCK_REALTIME of the snapshot before
  std::int64_t to_ns = 0;   ///< and of the one after it.
  std::uint64_t missed = 0; ///< How many are missing, by the usual interval.
  bool same_boot = false;   ///< False: the machine was down for some of it.
};

/// How the recording of one host is doing.
struct Status {
  std::string store;
  std::int64_t now_ns = 0;
  SnapshotEntry last;
  std::int64_t age_ns = 0; ///< Since `last` was complete; negative: it is in the future.
  SnapshotEntry first;
  std::uint64_t snapshots = 0;             ///< Of this host.
  std::optional<std::int64_t> interval_ns; ///< The usual one; nullopt: there are too few.
  std::vector<Pause> pauses;
  std::vector<Gap> gaps;
  std::vector<Mark> marks;
  std::vector<std::pair<SnapshotEntry, std::string>> pinned; ///< With the note.
  FileSize size;
  std::optional<double> bytes_per_day; ///< By the last snapshots' sizes and the usual interval.
  Limits limits;
  std::optional<double> bytes_at_limits; ///< What the file comes to when only age limits it.
  std::optional<double> days_to_limit;   ///< Until max_bytes, unless the file stays below it.
  std::optional<DiskSpace> disk;
  std::optional<double> days_to_full_disk;
  std::vector<std::string> not_collected;       ///< Tables and why, of the last snapshot.
  std::vector<std::string> not_collected_short; ///< The same for people.
  std::vector<std::string> not_asked_for;       ///< Tables that a recording has only on request, with the option.
  std::vector<std::string> problems;            ///< Why the exit status is 1.
};

/// The last snapshot of the host that `host` names, "" for this machine or the only host. Throws Error when there is
/// none.
[[nodiscard]] SnapshotEntry find_status_host(const std::vector<SnapshotEntry>& entries, const std::string& host,
                                             SelectorOptions options);

/// `max_age_ns`: how old the last snapshot may be; nullopt: 3 usual intervals.
[[nodiscard]] Status make_status(const Store& store, const std::string& host, const SelectorOptions& options,
                                 std::optional<std::int64_t> max_age_ns);

/// For people; what comes from the file is made safe for a terminal.
[[nodiscard]] std::string format_status_text(const Status& status, const Zone& zone);
/// One JSON object and a newline; unknown numbers are null.
[[nodiscard]] std::string format_status_json(const Status& status);

/// The verb.
ExitCode status(const RecordCommand& command);

} // namespace hindstat
