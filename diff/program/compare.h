// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.h"
#include "diff/program/options.h"

namespace hindstat {

/// Does what the command line says, and returns what the exit status says. Throws Error.
[[nodiscard]] ExitCode run_diff(const DiffCommand& command);

} // namespace hindstat
