// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table address: RTM_GETADDR for each family; where it does not answer /proc/net/if_inet6, and for IPv4 what
/// /proc/net/fib_trie and /proc/net/route leave no doubt about. Coverage: "inet=netlink inet6=proc"; "inet=partial"
/// when an address had to be left out.
void read_addresses(ReadContext& context);

} // namespace hindstat
