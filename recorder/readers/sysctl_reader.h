// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "recorder/read_context.h"

namespace hindstat {

/// The settings that are recorded, as paths below /proc/sys/: "net/ipv4/ip_forward".
[[nodiscard]] std::span<const char* const> recorded_sysctls();

/// Table sysctl: those of the list that this kernel has. Of a namespace that is not the recorder's own, has no internet
/// socket and does not forward, they are not read.
void read_sysctls(ReadContext& context);

} // namespace hindstat
