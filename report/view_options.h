// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "report/view.h"

namespace hindstat {

/// Declares the options of netstat(8), short and long. `options` outlives the parsing.
void add_view_options(CLI::App& app, ViewOptions& options);

/// What --help says about them.
[[nodiscard]] const char* view_options_help();

} // namespace hindstat
