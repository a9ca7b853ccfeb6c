// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "recorder/program/command.h"

namespace hindstat {

/// Declares the options and subcommands. `command` outlives the parsing.
void add_record_options(CLI::App& app, RecordCommand& command);

} // namespace hindstat
