// SPDX-License-Identifier: MIT
// For the files of the tools that know CLI11 anyway: no other includes it.
#pragma once

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/tool.h"

namespace hindstat {

/// Parses the command line; false when it asked for --help or --version, which has then been printed. Throws Error in
/// case of a mistake.
[[nodiscard]] inline bool parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForVersion& error) {
    print(fmt::format("{}\n", error.what()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success)) {
      throw Error(fmt::format("{} (--help tells more)", error.what()));
    }
    print(app.help());
  }
  return false;
}

} // namespace hindstat
