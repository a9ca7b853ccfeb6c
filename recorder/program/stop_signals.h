// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "base/unique_fd.h"

namespace hindstat {

/// Turns SIGINT, SIGTERM and SIGHUP into a question that is asked between two recordings: they interrupt a wait, never
/// the work. Signals that the process was started to ignore (nohup) stay ignored. To be made before any thread is.
class StopSignals {
public:
  /// Throws Error when the kernel has no descriptor left for it.
  StopSignals();

  /// Sleeps until `boottime_ns` on CLOCK_BOOTTIME; false as soon as a signal asks to stop, or has asked before.
  [[nodiscard]] bool wait_until(std::int64_t boottime_ns);

private:
  UniqueFd signals_;
  UniqueFd timer_;
  bool stopped_ = false;
};

/// CLOCK_BOOTTIME, ns.
[[nodiscard]] std::int64_t boottime_now_ns();

} // namespace hindstat
