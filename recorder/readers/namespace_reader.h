// SPDX-License-Identifier: MIT
#pragma once

#include "recorder/read_context.h"

namespace hindstat {

/// Table network_namespace: the one the recorder runs in, and those that have a name.
void read_network_namespaces(ReadContext& context);

} // namespace hindstat
