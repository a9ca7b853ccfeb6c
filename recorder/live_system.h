// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "recorder/system.h"

namespace hindstat {

/// How long one call may take before it returns what it has; 0: as long as it takes. A dump's limit is in its request.
struct LiveLimits {
  std::int64_t file_ns = 0;   ///< One file.
  std::int64_t owners_ns = 0; ///< The walk over the descriptors of all processes.
};

/// The running kernel, in the network namespace of the thread that calls its methods. "/proc/net/..." and
/// "/proc/self/..." are read through /proc/thread-self, because /proc/net shows the main thread's namespace.
///
/// An object that enter() returned carries the other namespace as a descriptor; each of its calls runs in a new thread
/// that calls setns(2) and ends, so no thread of the caller ever changes its namespace and nothing has to be restored.
[[nodiscard]] std::unique_ptr<System> open_live_system(LiveLimits limits = {});

} // namespace hindstat
