// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table multicast_group: /proc/net/igmp and igmp6, RTM_GETMULTICAST for each family where they do not answer.
/// Coverage: "igmp=proc igmp6=netlink".
void read_multicast_groups(ReadContext& context);

} // namespace hindstat
