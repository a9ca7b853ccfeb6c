// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/system.h"

namespace hindstat {

/// Sends one dump request in the network namespace of the calling thread and hands every datagram that holds part of
/// the answer to `sink`. A kernel that stays silent for 5 s is ETIMEDOUT.
[[nodiscard]] DumpEnd run_netlink_dump(const NetlinkRequest& request, const DatagramSink& sink);

} // namespace hindstat
