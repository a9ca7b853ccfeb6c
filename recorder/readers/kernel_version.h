// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/system.h"

namespace hindstat {

struct KernelVersion {
  unsigned major = 0;
  unsigned minor = 0;

  friend auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};

/// The first two numbers of "6.1.0-18-amd64"; nullopt when it does not begin with two.
[[nodiscard]] std::optional<KernelVersion> parse_kernel_version(std::string_view release);

/// Of the recorded machine (/proc/sys/kernel/osrelease).
[[nodiscard]] std::optional<KernelVersion> read_kernel_version(const System& system);

} // namespace hindstat
