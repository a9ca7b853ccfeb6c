// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table route: RTM_GETROUTE for each family, /proc/net where it does not answer. Coverage: "inet=netlink inet6=proc".
void read_routes(ReadContext& context);

} // namespace hindstat
