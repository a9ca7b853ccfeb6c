// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table route_exception: two dumps by rtnetlink, no file. On kernels that do not list them all it is partial.
void read_route_exceptions(ReadContext& context);

/// Table route_cache: /proc/net/rt_cache. Absent since Linux 3.6, whose file has a heading only.
void read_route_cache(ReadContext& context);

} // namespace hindstat
