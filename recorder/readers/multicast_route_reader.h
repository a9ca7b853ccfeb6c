// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table multicast_route: a dump by rtnetlink for each family, else the files of /proc/net.
void read_multicast_routes(ReadContext& context);

} // namespace hindstat
