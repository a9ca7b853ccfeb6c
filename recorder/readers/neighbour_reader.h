// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table neighbour: a dump of the neighbours and one of the proxies for each family, else /proc/net/arp.
void read_neighbours(ReadContext& context);

} // namespace hindstat
