// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table interface: RTM_GETLINK with speed and duplex from ethtool's netlink; /proc/net/dev where it does not answer or
/// tells no counters.
/// Coverage: "link=netlink".
void read_interfaces(ReadContext& context);

} // namespace hindstat
