// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table process: the processes that the owner scan found holding sockets.
void read_processes(ReadContext& context);

} // namespace hindstat
