// SPDX-License-Identifier: MIT
// hindstat-diff: what happened between two snapshots.
#include "cli/command_line.h"
#include "diff/program/compare.h"
#include "diff/program/options.h"

int main(int argc, char** argv) {
  using namespace hindstat;
  return run_tool(diff_tool, [&] {
    DiffCommand command;
    CLI::App app("Says what happened between two snapshots.", diff_tool);
    add_diff_options(app, command);
    return parse_command_line(app, argc, argv) ? run_diff(command) : ExitCode::success;
  });
}
