// SPDX-License-Identifier: MIT
// hindstat-diff: what happened between two snapshots.
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "cli/command_line.h"
#include "diff/program/compare.h"
#include "diff/program/options.h"

namespace {

// A large heap in small pages costs a third of the time of a diff of large tables. What the kernel refuses is slower.
void ask_for_huge_pages() {
  constexpr int more = 64 << 20;
  constexpr std::size_t huge_page = 2 << 20;
  mallopt(M_TOP_PAD, more); // The heap grows by so much at a time.
  void* begin = sbrk(0);
  const std::string growth(1 << 20, ' ');
  auto size = static_cast<std::size_t>(static_cast<char*>(sbrk(0)) - static_cast<char*>(begin));
  if (std::align(huge_page, huge_page, begin, size) != nullptr) {
    madvise(begin, size, MADV_HUGEPAGE);
  }
}

} // namespace

int main(int argc, char** argv) {
  using namespace hindstat;
  // Tables come and go by the megabyte: giving them back to the kernel each time costs more than the work on them.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  ask_for_huge_pages();
  return run_tool(diff_tool, [&] {
    DiffCommand command;
    CLI::App app("Says what happened between two snapshots, or over a range of them.", diff_tool);
    add_diff_options(app, command);
    return parse_command_line(app, argc, argv) ? run_diff(command) : ExitCode::success;
  });
}
