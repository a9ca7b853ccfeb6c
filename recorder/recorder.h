// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "recorder/namespaces.h"
#include "recorder/restraint.h"
#include "recorder/system.h"
#include "tables/snapshot.h"

namespace hindstat {

struct RecordOptions {
  std::string host_label;     ///< Overrides the host name when not empty.
  bool all_witnesses = false; ///< Ask every source, also where the first one answered: for a bundle.
  NamespaceSelection namespaces = {};
  bool tcp_info = false;   ///< Also table tcp_info, which costs as much as the sockets themselves.
  bool no_modules = false; ///< Ask for nothing that would make the kernel load a module.
  TimeLimits limits = {};
  /// ns that only grow; the steady clock of this machine where it is empty.
  std::function<std::int64_t()> clock = {};
};

/// Takes one snapshot of the namespace that `system` stands for, and of those that the options select: every table of
/// the reader list, each with its Capture. Sources that are absent or denied are statuses, not errors, and so is a
/// namespace that has vanished. What is late is one, too: rows that came in time are kept, in a partial table.
[[nodiscard]] Snapshot record_snapshot(const System& system, const RecordOptions& options);

} // namespace hindstat
