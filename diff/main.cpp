// SPDX-License-Identifier: MIT
// hindstat-diff: what happened between two snapshots.
#include <malloc.h>

#include "cli/command_line.h"
#include "diff/program/compare.h"
#include "diff/program/options.h"

int main(int argc, char** argv) {
  using namespace hindstat;
  // Tables come and go by the megabyte: giving them back to the kernel each time costs more than the work on them.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  return run_tool(diff_tool, [&] {
    DiffCommand command;
    CLI::App app("Says what happened between two snapshots, or over a range of them.", diff_tool);
    add_diff_options(app, command);
    return parse_command_line(app, argc, argv) ? run_diff(command) : ExitCode::success;
  });
}
