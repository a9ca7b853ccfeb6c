// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table address: RTM_GETADDR for each family; where it does not answer /proc/net/if_inet6, and for IPv4 nothing.
/// Coverage: "inet=netlink inet6=proc".
void read_addresses(ReadContext& context);

} // namespace hindstat
