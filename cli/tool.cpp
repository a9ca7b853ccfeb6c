// SPDX-License-Identifier: MIT
#include "cli/tool.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include <fmt/format.h>

#include "base/escape.h"

namespace hindstat {

namespace {

void say(std::string_view tool, std::string_view sentence) {
  const std::string line = fmt::format("{}: {}\n", tool, escape_terminal(sentence));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace

int run_tool(std::string_view tool, const std::function<ExitCode()>& body) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return static_cast<int>(body());
  } catch (const Error& error) {
    say(tool, error.what());
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    say(tool, "out of memory");
  } catch (const std::exception& error) {
    say(tool, error.what());
  }
  return static_cast<int>(ExitCode::trouble);
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return; // A reader that has seen enough (head, less) is no failure.
    } else if (errno != EINTR) {
      throw Error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
    }
  }
}

void warn(std::string_view tool, std::string_view sentence) {
  say(tool, fmt::format("warning: {}", sentence));
}

} // namespace hindstat
