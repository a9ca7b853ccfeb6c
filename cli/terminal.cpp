// SPDX-License-Identifier: MIT
#include "cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>

namespace hindstat {

namespace {

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

bool is_dumb(const char* terminal) {
  return terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
}

bool is_in_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string directory(rest.substr(0, end));
    if (directory.starts_with('/') && ::access((directory + '/' + program).c_str(), X_OK) == 0) {
      return true;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

bool is_elevated() {
  return ::geteuid() != ::getuid() || ::getegid() != ::getgid()
         || (::geteuid() == 0
             && (std::getenv("SUDO_UID") != nullptr || std::getenv("DOAS_USER") != nullptr
                 || std::getenv("PKEXEC_UID") != nullptr));
}

[[noreturn]] void become_pager(int input, const std::string& command, bool elevated) {
  ::dup2(input, STDIN_FILENO);
  ::setenv("LESS", "FRX", 0);
  ::setenv("LV", "-c", 0);
  if (elevated) {
    ::setenv("LESSSECURE", "1", 1); // No shell out of the pager.
  }
  std::signal(SIGPIPE, SIG_DFL);
  ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
  ::_exit(127);
}

} // namespace

bool wants_color(std::string_view when) {
  if (when != "auto") {
    return when == "always";
  }
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && is_terminal() && !is_dumb(std::getenv("TERM"));
}

std::size_t terminal_width() {
  if (!is_terminal()) {
    return 0;
  }
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  const char* columns = std::getenv("COLUMNS");
  const std::string_view text = columns == nullptr ? "" : columns;
  std::size_t width = 0;
  std::from_chars(text.data(), text.data() + text.size(), width);
  return width;
}

std::string choose_pager(const PagerChoice& choice) {
  if (is_dumb(choice.terminal)) {
    return "";
  }
  const char* chosen = choice.hindstat_pager != nullptr ? choice.hindstat_pager : choice.pager;
  if (chosen != nullptr) {
    const std::string_view command = chosen;
    if (command.empty() || command == "cat") {
      return "";
    }
    if (!choice.elevated) {
      return std::string(command);
    }
  }
  return choice.has_less ? "less -FRX" : "";
}

Pager::Pager(bool wanted) {
  if (!wanted || !is_terminal()) {
    return;
  }
  const bool elevated = is_elevated();
  const std::string command = choose_pager(
    {std::getenv("HINDSTAT_PAGER"), std::getenv("PAGER"), std::getenv("TERM"), elevated, is_in_path("less")});
  int ends[2] = {-1, -1};
  if (command.empty() || ::pipe2(ends, O_CLOEXEC) != 0) {
    return;
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    become_pager(ends[0], command, elevated);
  }
  ::close(ends[0]);
  if (pid_ > 0) {
    terminal_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    ::dup2(ends[1], STDOUT_FILENO);
    // Ctrl-C is for the pager, which would be left alone with the terminal.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGQUIT, SIG_IGN);
  }
  ::close(ends[1]);
}

Pager::~Pager() {
  if (pid_ <= 0) {
    return;
  }
  // The last writing end of the pipe: the pager sees the end of its input.
  if (terminal_ >= 0) {
    ::dup2(terminal_, STDOUT_FILENO);
    ::close(terminal_);
  } else {
    ::close(STDOUT_FILENO);
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGQUIT, SIG_DFL);
}

} // namespace hindstat
