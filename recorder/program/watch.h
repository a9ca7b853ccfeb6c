// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.h"
#include "recorder/program/command.h"

namespace hindstat {

/// Records at every beat until the time is up or a signal comes. A store that is busy or a disk that is full costs
/// that beat's snapshot, is said once, and is counted in the next one's row of table beat; try_again when the last
/// snapshot was lost so. Throws Error for every other trouble: at the first beat at once, later when it comes at two
/// beats in succession, the store having been opened anew.
ExitCode watch(const RecordCommand& command);

} // namespace hindstat
