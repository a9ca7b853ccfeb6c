// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "recorder/program/command.h"

namespace hindstat {

/// Declares prune, pin, unpin, mark and status. `command` outlives the parsing.
void add_keep_options(CLI::App& app, RecordCommand& command);

} // namespace hindstat
