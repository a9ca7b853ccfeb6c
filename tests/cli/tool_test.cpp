// SPDX-License-Identifier: MIT
// run_tool() in a child process whose standard streams go where the test wants them.
#include "cli/tool.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>

#include "base/unique_fd.h"

namespace hindstat {

namespace {

struct Outcome {
  int status = -1;
  std::string error;
};

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// `output` becomes the child's standard output.
Outcome run(int output, const std::function<ExitCode()>& body) {
  Pipe errors = make_pipe();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(errors.write.get(), STDERR_FILENO);
    ::_exit(run_tool("tool", body));
  }
  errors.write = UniqueFd();
  Outcome outcome;
  std::array<char, 512> buffer{};
  ssize_t got = 0;
  while ((got = ::read(errors.read.get(), buffer.data(), buffer.size())) > 0) {
    outcome.error.append(buffer.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

ExitCode print_much() {
  for (int i = 0; i < 10'000; ++i) {
    print("a line that fills the pipe\n");
  }
  return ExitCode::differences;
}

UniqueFd open_device(const char* path) {
  return UniqueFd(::open(path, O_WRONLY | O_CLOEXEC));
}

} // namespace

TEST_CASE("an error becomes one sentence on stderr and its exit status", "[cli]") {
  const UniqueFd null = open_device("/dev/null");
  const Outcome trouble = run(null.get(), []() -> ExitCode { throw Error("no store here"); });
  CHECK(trouble.status == 2);
  CHECK(trouble.error == "tool: no store here\n");
  const Outcome again = run(null.get(), []() -> ExitCode { throw Error("disk full", ExitCode::try_again); });
  CHECK(again.status == 75);
  const Outcome other = run(null.get(), []() -> ExitCode { throw std::runtime_error("unforeseen"); });
  CHECK(other.status == 2);
  CHECK(other.error == "tool: unforeseen\n");
  const Outcome memory = run(null.get(), []() -> ExitCode { throw std::bad_alloc(); });
  CHECK(memory.error == "tool: out of memory\n");
}

TEST_CASE("what an error quotes cannot act on the terminal", "[cli]") {
  const UniqueFd null = open_device("/dev/null");
  const Outcome outcome = run(null.get(), []() -> ExitCode { throw Error("no host 'a\x1b[2Jb\nc'"); });
  CHECK(outcome.error == "tool: no host 'a\\x1b[2Jb\\x0ac'\n");
}

TEST_CASE("a closed pipe is quiet and leaves the exit status alone", "[cli]") {
  Pipe output = make_pipe();
  output.read = UniqueFd();
  const Outcome outcome = run(output.write.get(), print_much);
  CHECK(outcome.status == 1);
  CHECK(outcome.error == "");
}

TEST_CASE("a full disk under standard output is an error", "[cli]") {
  const UniqueFd full = open_device("/dev/full");
  if (!full) {
    WARN("skipped: no /dev/full");
    return;
  }
  const Outcome much = run(full.get(), print_much);
  CHECK(much.status == 2);
  CHECK(much.error == "tool: cannot write to standard output: No space left on device\n");
  const Outcome little = run(full.get(), [] {
    print("x\n");
    return ExitCode::success;
  });
  CHECK(little.status == 2);
}

} // namespace hindstat
