// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.h"
#include "recorder/program/command.h"

namespace hindstat {

/// Runs prune, pin, unpin, mark or status.
ExitCode keep(const RecordCommand& command);

} // namespace hindstat
