// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tables/capture.h"
#include "tables/table.h"

namespace hindstat {

/// The clocks of a host at one moment.
struct Clocks {
  std::int64_t realtime_ns = 0;              ///< CLOCK_REALTIME: ns since 1970-01-01 UTC.
  std::int64_t boottime_ns = 0;              ///< CLOCK_BOOTTIME: ns since boot, suspend included.
  std::optional<std::int64_t> ntp_offset_us; ///< adjtimex(2) offset; absent when it was not readable.
  std::optional<std::int64_t> ntp_maxerror_us;
  std::optional<std::int32_t> ntp_status; ///< STA_* bits.

  friend bool operator==(const Clocks&, const Clocks&) = default;
};

/// Which machine, at which moment, recorded by whom.
struct SnapshotInfo {
  std::string host;                ///< Host name, or the label given when recording.
  std::string machine_id;          ///< /etc/machine-id; empty when unknown.
  std::string boot_id;             ///< /proc/sys/kernel/random/boot_id; empty when unknown.
  std::string kernel_release;      ///< uname -r.
  Clocks clocks;                   ///< When the recording began.
  std::int64_t took_ns = 0;        ///< CLOCK_BOOTTIME from the first read to the last.
  std::string recorder;            ///< "hindstat 0.1.0".
  std::uint32_t euid = 0;          ///< Effective uid of the recorder.
  std::uint64_t capabilities = 0;  ///< Its effective capabilities, CapEff of /proc/self/status.
  std::uint64_t net_namespace = 0; ///< Inode of the network namespace it ran in (nsfs); 0 when unknown.

  friend bool operator==(const SnapshotInfo&, const SnapshotInfo&) = default;
};

/// All tables of one host at one moment. A table that was not collected in any namespace is not in `tables`; each
/// table that was tried has a Capture for each namespace.
struct Snapshot {
  SnapshotInfo info;
  std::vector<Table> tables; ///< In the order of the catalog, each at most once.
  std::vector<Capture> captures;

  [[nodiscard]] const Table* find_table(std::string_view name) const;
  /// The capture of a table in one namespace; nullptr when it was not tried.
  [[nodiscard]] const Capture* find_capture(std::string_view table, std::string_view netns = "") const;
};

/// The snapshot as seen from some network namespaces ("" is the recorder's own): rows and captures of others are left
/// out. Tables of the whole machine stay, and so does the list of the namespaces.
[[nodiscard]] Snapshot only_namespaces(Snapshot snapshot, std::span<const std::string> namespaces);

/// The names of the namespaces that have captures, "" first, each once.
[[nodiscard]] std::vector<std::string> recorded_namespaces(const Snapshot& snapshot);

} // namespace hindstat
